/** Reads agent.yaml and the files it names. */
import { isBearerToken } from "../../base/text/bearer-token.js";
import { SettingsFiles } from "../../http/daemon/settings-files.js";
import { checkPair, type KeyPair } from "../../http/server/tls.js";
import { badToken } from "../errors.js";
import { parseConfig } from "./parse.js";
import type { AgentConfig } from "./schema.js";

const agentFiles = (env: NodeJS.ProcessEnv) => new SettingsFiles("agent", env);

export async function loadConfig(file: string): Promise<AgentConfig> {
  return parseConfig(await agentFiles(process.env).readSettings(file), file);
}

/** @returns undefined if TLS is off. */
export async function loadKeyPair(config: AgentConfig, env: NodeJS.ProcessEnv): Promise<KeyPair | undefined> {
  if (config.tls === false) return undefined;
  const { cert, key } = config.tls;
  const files = agentFiles(env);
  const pair = { cert: await files.readSecret("tls.cert", cert), key: await files.readSecret("tls.key", key) };
  checkPair(pair, { cert: files.resolve("tls.cert", cert), key: files.resolve("tls.key", key) });
  return pair;
}

/** @returns undefined if no token is required. */
export async function loadToken(config: AgentConfig, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (config.auth === "none") return undefined;
  const files = agentFiles(env);
  const token = (await files.readSecret("token", config.token)).trim();
  if (!isBearerToken(token)) throw badToken(files.resolve("token", config.token));
  return token;
}

/** `~/x` under HOME; anything else must be absolute. */
export function expandPath(key: string, path: string, env: NodeJS.ProcessEnv): string {
  return agentFiles(env).expand(key, path);
}
