/**
 * The user's gateway tokens by URL, in one file that only the user may open.
 *
 * A token is a JWT. The client decodes it only to show its owner and expiry; the gateway verifies it.
 */
import { chmod } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { ensurePrivateDir, replaceFile } from "../../base/fs/atomic.js";
import { withLock } from "../../base/fs/lock.js";
import { homeOf } from "../../base/home.js";
import { isTaken, readPrivate } from "../../certs/files.js";
import { badToken, storeGarbage } from "./errors.js";

export interface TokenFacts {
  /** Milliseconds since 1970; undefined if the token has no expiry. */
  readonly expiresAt: number | undefined;
  readonly issuer: string | undefined;
  /** vLab's `username`, else the subject. */
  readonly username: string | undefined;
  /** The only address that may use it. */
  readonly clientIp: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;
interface Kept {
  readonly token: string;
}

const TOKEN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const LONGEST = 8192;

/** @param from how to call the source in errors. */
export function tokenIn(text: string, from: string): string {
  const token = text.trim();
  if (!TOKEN.test(token) || token.length > LONGEST || claimsOf(token) === undefined) throw badToken(from);
  return token;
}

export function tokenFacts(token: string): TokenFacts {
  const claims = claimsOf(token) ?? {};
  const text = (key: string) => (typeof claims[key] === "string" ? (claims[key] as string) : undefined);
  return {
    expiresAt: typeof claims.exp === "number" ? claims.exp * 1000 : undefined,
    issuer: text("iss"),
    username: text("username") ?? text("sub"),
    clientIp: text("client_ip"),
  };
}

function claimsOf(token: string): Record<string, unknown> | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return isObject(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

/** `~/.config/sallyport/gateways/tokens.json`, in a directory of its own with mode 0700. */
export function tokenStoreFile(env: Environment): string {
  const xdg = env.XDG_CONFIG_HOME;
  const config = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homeOf(env), ".config");
  return join(config, "sallyport", "gateways", "tokens.json");
}

/** The file where vLab's own client keeps its tokens, in the same format. */
export function vlabTokenFile(env: Environment): string {
  return join(homeOf(env), ".vlab", "token.json");
}

/** @returns the token stored for a gateway; our file takes precedence over vLab's. */
export async function keptToken(env: Environment, url: string): Promise<string | undefined> {
  const own = (await readStore(tokenStoreFile(env)))[originOf(url)];
  const kept = own ?? (await readStore(vlabTokenFile(env)))[originOf(url)];
  return kept?.token;
}

export async function keepToken(env: Environment, url: string, token: string): Promise<void> {
  await change(env, (kept) => ({ ...kept, [originOf(url)]: { token } }));
}

/** @returns whether there was one. */
export async function forgetToken(env: Environment, url: string): Promise<boolean> {
  let was = false;
  await change(env, ({ [originOf(url)]: found, ...others }) => {
    was = found !== undefined;
    return others;
  });
  return was;
}

export async function readTokenFile(path: string): Promise<string> {
  const hint = `"sallyport gateway token" on the gateway makes one`;
  return tokenIn(await readPrivate("token file", path, hint), JSON.stringify(path));
}

async function change(env: Environment, alter: (kept: Record<string, Kept>) => Record<string, Kept>): Promise<void> {
  const file = tokenStoreFile(env);
  await ensurePrivateDir(dirname(file));
  // An older directory may be open to others.
  await chmod(dirname(file), 0o700);
  await withLock(`${file}.lock`, async () => {
    const gateways = alter(await readStore(file));
    await replaceFile(file, `${JSON.stringify({ version: 1, gateways }, null, 2)}\n`, 0o600);
  });
}

async function readStore(file: string): Promise<Record<string, Kept>> {
  if (!(await isTaken(file))) return {};
  return parseStore(await readPrivate("list of tokens", file, "it was there a moment ago"), file);
}

/** Our file has the key `gateways`, vLab's has `vlabs`. Pure. */
export function parseStore(text: string, file: string): Record<string, Kept> {
  const stored = parseJson(text, file);
  const byUrl = isObject(stored) && stored.version === 1 ? (stored.gateways ?? stored.vlabs) : undefined;
  if (!isObject(byUrl)) throw storeGarbage(file, "version 1 with its gateways is expected");
  const kept: Record<string, Kept> = {};
  for (const [url, entry] of Object.entries(byUrl)) {
    if (!isObject(entry) || typeof entry.token !== "string") throw storeGarbage(file, `${url} has no token`);
    kept[originOf(url)] = { token: tokenIn(entry.token, JSON.stringify(file)) };
  }
  return kept;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw storeGarbage(file, "it is not JSON");
  }
}

/** `https://gateway.example.com`, with or without a slash at the end. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
