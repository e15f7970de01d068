/** Reads gateway.yaml and the files that it names. */
import { SettingsFiles } from "../../http/daemon/settings-files.js";
import { checkPair, type KeyPair } from "../../http/server/tls.js";
import { parseConfig } from "./parse.js";
import type { GatewayConfig } from "./schema.js";

export const gatewayFiles = (env: NodeJS.ProcessEnv) => new SettingsFiles("gateway", env);

export async function loadConfig(file: string, env: NodeJS.ProcessEnv): Promise<GatewayConfig> {
  return parseConfig(await gatewayFiles(env).readSettings(file), file);
}

export async function loadKeyPair({ tls }: GatewayConfig, env: NodeJS.ProcessEnv): Promise<KeyPair> {
  const files = gatewayFiles(env);
  const pair = {
    cert: await files.readSecret("tls.cert", tls.cert),
    key: await files.readSecret("tls.key", tls.key),
  };
  checkPair(pair, { cert: files.resolve("tls.cert", tls.cert), key: files.resolve("tls.key", tls.key) });
  return pair;
}
