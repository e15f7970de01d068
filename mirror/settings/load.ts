/** Reads mirror.yaml and the files it names. */
import { join } from "node:path";
import { SettingsFiles } from "../../http/daemon/settings-files.js";
import { checkPair, type KeyPair } from "../../http/server/tls.js";
import { type AccessKeys, loadAccessKeys } from "../codeartifact/auth/access-keys.js";
import { parseConfig } from "./parse.js";
import type { MirrorConfig } from "./schema.js";

const mirrorFiles = (env: NodeJS.ProcessEnv) => new SettingsFiles("mirror", env);

export async function loadConfig(file: string, env: NodeJS.ProcessEnv): Promise<MirrorConfig> {
  return parseConfig(await mirrorFiles(env).readSettings(file), file);
}

/** @returns undefined for plain HTTP. */
export async function loadKeyPair({ tls }: MirrorConfig, env: NodeJS.ProcessEnv): Promise<KeyPair | undefined> {
  if (tls === undefined) return undefined;
  const files = mirrorFiles(env);
  const pair = {
    cert: await files.readSecret("tls.cert", tls.cert),
    key: await files.readSecret("tls.key", tls.key),
  };
  checkPair(pair, { cert: files.resolve("tls.cert", tls.cert), key: files.resolve("tls.key", tls.key) });
  return pair;
}

export function stateDir({ dir }: MirrorConfig, env: NodeJS.ProcessEnv): string {
  return mirrorFiles(env).resolve("dir", dir);
}

/** The file of access keys: the configured one, or one beside the state. */
export function accessKeysFile(config: MirrorConfig, env: NodeJS.ProcessEnv): string {
  const { access_keys } = config;
  if (access_keys === undefined) return join(stateDir(config, env), "access-keys");
  return mirrorFiles(env).resolve("access_keys", access_keys);
}

/** An emulator has none. @throws Fault */
export async function readAccessKeys(config: MirrorConfig, env: NodeJS.ProcessEnv): Promise<AccessKeys> {
  if (config.emulator) return new Map();
  const file = accessKeysFile(config, env);
  // Its fault names the missing file and the setting.
  await mirrorFiles(env).readSecret("access_keys", file);
  return loadAccessKeys(file);
}

export function connectionsOf({ connections }: MirrorConfig, env: NodeJS.ProcessEnv): Record<string, string> {
  const files = mirrorFiles(env);
  const resolve = ([name, source]: [string, string]) =>
    [name, /^https?:\/\//.test(source) ? source : files.expand(`connections.${name}`, source)] as const;
  return Object.fromEntries(Object.entries(connections).map(resolve));
}
