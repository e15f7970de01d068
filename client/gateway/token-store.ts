/**
 * The user's logins by the URL of their gateway, in one file that only the user may open: a token, and the certificate
 * that the gateway is verified against.
 *
 * A token is a JWT. The client decodes it only to show its owner and expiry; the gateway verifies it.
 */
import { chmod } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { defined } from "../../base/defined.js";
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

export interface KeptLogin {
  readonly token: string;
  /** PEM. @default - the public CAs */
  readonly cert?: string;
}

interface TokenStore {
  readonly gateways: Readonly<Record<string, KeptLogin>>;
  /** The gateway of the last login. */
  readonly latest?: string;
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

/** @returns the login stored for a gateway; our file takes precedence over vLab's. */
export async function keptLogin(env: Environment, url: string): Promise<KeptLogin | undefined> {
  const own = (await readStore(tokenStoreFile(env))).gateways[originOf(url)];
  return own ?? (await readStore(vlabTokenFile(env))).gateways[originOf(url)];
}

/** @returns the URL of the gateway of the last login. */
export async function latestGateway(env: Environment): Promise<string | undefined> {
  return (await readStore(tokenStoreFile(env))).latest;
}

export async function keepLogin(env: Environment, url: string, login: KeptLogin): Promise<void> {
  const origin = originOf(url);
  await change(env, ({ gateways }) => ({ gateways: { ...gateways, [origin]: login }, latest: origin }));
}

/** @returns whether there was one. */
export async function forgetLogin(env: Environment, url: string): Promise<boolean> {
  let was = false;
  await change(env, ({ gateways: { [originOf(url)]: found, ...gateways }, latest }) => {
    was = found !== undefined;
    return defined({ gateways, latest: latest === originOf(url) ? undefined : latest });
  });
  return was;
}

export async function readTokenFile(path: string): Promise<string> {
  const hint = `"sallyport gateway token --out FILE" on the gateway makes one that only you can read`;
  return tokenIn(await readPrivate("token file", path, hint), JSON.stringify(path));
}

async function change(env: Environment, alter: (kept: TokenStore) => TokenStore): Promise<void> {
  const file = tokenStoreFile(env);
  await ensurePrivateDir(dirname(file));
  // An older directory may be open to others.
  await chmod(dirname(file), 0o700);
  await withLock(`${file}.lock`, async () => {
    const store = { version: 1, ...alter(await readStore(file)) };
    await replaceFile(file, `${JSON.stringify(store, null, 2)}\n`, 0o600);
  });
}

async function readStore(file: string): Promise<TokenStore> {
  if (!(await isTaken(file))) return { gateways: {} };
  return parseStore(await readPrivate("list of tokens", file, "it was there a moment ago"), file);
}

/** Our file has the key `gateways`, vLab's has `vlabs`. Pure. */
export function parseStore(text: string, file: string): TokenStore {
  const stored = parseJson(text, file);
  const byUrl = isObject(stored) && stored.version === 1 ? (stored.gateways ?? stored.vlabs) : undefined;
  if (!isObject(byUrl)) throw storeGarbage(file, "version 1 with its gateways is expected");
  const gateways: Record<string, KeptLogin> = {};
  for (const [url, entry] of Object.entries(byUrl)) {
    if (!isObject(entry) || typeof entry.token !== "string") throw storeGarbage(file, `${url} has no token`);
    const { token, cert } = entry;
    if (cert !== undefined && typeof cert !== "string") throw storeGarbage(file, `the cert of ${url} is not a text`);
    gateways[originOf(url)] = defined({ token: tokenIn(token, JSON.stringify(file)), cert });
  }
  const { latest } = stored as { latest?: unknown };
  return typeof latest === "string" && latest in gateways ? { gateways, latest } : { gateways };
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
