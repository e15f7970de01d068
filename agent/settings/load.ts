/** Reads agent.yaml and the files it names. */
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { errno } from "../../base/fault.js";
import { checkPair, type KeyPair } from "../../http/tls.js";
import {
  badToken,
  configMissing,
  configUnreadable,
  noCredentialsDirectory,
  noHome,
  relativePath,
  secretMissing,
  secretUnreadable,
} from "../errors.js";
import { parseConfig } from "./parse.js";
import type { AgentConfig } from "./schema.js";

export async function loadConfig(file: string): Promise<AgentConfig> {
  let source: string;
  try {
    source = await readFile(file, "utf8");
  } catch (error) {
    throw errno(error) === "ENOENT" ? configMissing(file) : configUnreadable(file, errno(error) ?? String(error));
  }
  return parseConfig(source, file);
}

/** @returns undefined where TLS is off. */
export async function loadKeyPair(config: AgentConfig, env: NodeJS.ProcessEnv): Promise<KeyPair | undefined> {
  if (config.tls === false) return undefined;
  const { cert, key } = config.tls;
  const pair = {
    cert: await readSecret("tls.cert", cert, env),
    key: await readSecret("tls.key", key, env),
  };
  checkPair(pair, { cert: resolveSecret("tls.cert", cert, env), key: resolveSecret("tls.key", key, env) });
  return pair;
}

/** @returns undefined where anybody may come in. */
export async function loadToken(config: AgentConfig, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (config.auth === "none") return undefined;
  const token = (await readSecret("token", config.token, env)).trim();
  if (!/^[A-Za-z0-9._~+/-]{16,}=*$/.test(token)) throw badToken(resolveSecret("token", config.token, env));
  return token;
}

/** `~/x` under HOME; anything else must be absolute. */
export function expandPath(key: string, path: string, env: NodeJS.ProcessEnv): string {
  if (path === "~" || path.startsWith("~/")) {
    if (env.HOME === undefined || env.HOME === "") throw noHome(path);
    return join(env.HOME, path.slice(1));
  }
  if (!isAbsolute(path)) throw relativePath(key, path);
  return path;
}

function resolveSecret(key: string, reference: string, env: NodeJS.ProcessEnv): string {
  const name = /^credential:([A-Za-z0-9._-]+)$/.exec(reference)?.[1];
  if (name === undefined) return expandPath(key, reference, env);
  if (env.CREDENTIALS_DIRECTORY === undefined) throw noCredentialsDirectory(reference);
  return join(env.CREDENTIALS_DIRECTORY, name);
}

async function readSecret(key: string, reference: string, env: NodeJS.ProcessEnv): Promise<string> {
  const path = resolveSecret(key, reference, env);
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw errno(error) === "ENOENT"
      ? secretMissing(key, path)
      : secretUnreadable(key, path, errno(error) ?? String(error));
  }
}
