/** Opens everything that mirror.yaml names, then listens. Closes in reverse order. */

import { randomUUID } from "node:crypto";
import type { Server as HttpsServer } from "node:https";
import { join } from "node:path";
import type { Logger } from "pino";
import { Disposables } from "../base/disposables.js";
import { ensurePrivateDir } from "../base/fs/atomic.js";
import { acquireLock } from "../base/fs/lock.js";
import { VERSION } from "../base/version.js";
import { accessLog } from "../http/server/access-log.js";
import { LIMITS, type Limits } from "../http/server/limits.js";
import { createListener } from "../http/server/listener.js";
import { RequestMetrics } from "../http/server/metrics.js";
import { close, httpServer, httpsServer, listen } from "../http/server/server.js";
import { tlsOptions } from "../http/server/tls.js";
import { hostInUrl, isLoopback } from "../net/address.js";
import { createApp } from "./app.js";
import type { Service } from "./codeartifact/api/operation.js";
import { makeAccessKeys } from "./codeartifact/auth/access-keys.js";
import { signedByAnyone, signedByKeys } from "./codeartifact/auth/signed-by.js";
import { type TokenRecord, Tokens } from "./codeartifact/auth/tokens.js";
import { Catalog } from "./codeartifact/catalog/catalog.js";
import type { CatalogRecord } from "./codeartifact/catalog/records.js";
import { directoryHeld } from "./errors.js";
import { renderMetrics } from "./metrics.js";
import { openPackages } from "./resolve/open-packages.js";
import { accessKeysFile, connectionsOf, loadKeyPair, readAccessKeys, stateDir } from "./settings/load.js";
import type { MirrorConfig } from "./settings/schema.js";
import { DurableMap } from "./store/durable-map.js";

export interface MirrorOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly limits?: Partial<Limits>;
  /** Milliseconds since 1970. @default the clock */
  readonly now?: () => number;
}

export interface Mirror {
  readonly port: number;
  /** As clients write it, without a "/" at its end. */
  readonly url: string;
  /** The file of access keys; an emulator has none. */
  readonly accessKeys: string | undefined;
  /** Reads access keys and certificate again. @throws Fault; the old ones stay in use */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** @throws Fault; then nothing is left open. */
export async function startMirror(config: MirrorConfig, options: MirrorOptions): Promise<Mirror> {
  const disposables = new Disposables();
  try {
    return await start(config, options, disposables);
  } catch (error) {
    await disposables.dispose().catch(() => undefined);
    throw error;
  }
}

async function start(config: MirrorConfig, options: MirrorOptions, disposables: Disposables): Promise<Mirror> {
  const { env, log, now = Date.now } = options;
  const { emulator, account, region } = config;
  const limits = { ...LIMITS, ...options.limits };
  let pair = await loadKeyPair(config, env);
  const dir = stateDir(config, env);
  await ensurePrivateDir(dir);
  disposables.defer(await acquireLock(join(dir, "lock"), { held: (pid) => directoryHeld(dir, pid) }));
  const keysFile = accessKeysFile(config, env);
  if (!emulator && config.access_keys === undefined && (await makeAccessKeys(keysFile, region))) {
    log.info({ event: "access-key-made", file: keysFile }, "the file has an access key that may do everything");
  }
  let keys = await readAccessKeys(config, env);

  const store = await DurableMap.open<CatalogRecord>(join(dir, "catalog"));
  disposables.defer(() => store.close());
  const tokenStore = await DurableMap.open<TokenRecord>(join(dir, "tokens"));
  disposables.defer(() => tokenStore.close());
  const catalog = new Catalog(store.records);
  const packagesDir = join(dir, "packages");
  await ensurePrivateDir(packagesDir);
  const connections = connectionsOf(config, env);
  const packages = await openPackages({ dir: packagesDir, repositories: catalog, connections, log });
  disposables.defer(() => packages.close());

  let url = config.url ?? "";
  const { address } = config.listen;
  const hosts = new Set<string>();
  const tokens = new Tokens(tokenStore);
  const service: Service = {
    catalog,
    store,
    tokens,
    packages,
    account,
    url: () => url,
    now,
    newId: randomUUID,
  };
  const isOwnHost = (host: string) => hosts.has(host.toLowerCase());
  const app = createApp({
    service,
    signed: emulator ? signedByAnyone() : signedByKeys({ keys: () => keys, region, isOwnHost, now }),
    isKey: (keyId) => emulator || isLive(keys.get(keyId), now()),
    isReady: () => !store.isBroken && !tokenStore.isBroken,
    metrics: () => renderMetrics(service, requests),
  });
  const requests = new RequestMetrics(app.labelOf);
  const access = requests.watch(accessLog(log));
  const listener = createListener(app.handle, access, limits);
  const server =
    pair === undefined ? httpServer(listener, limits, access) : httpsServer(pair, listener, limits, access);
  disposables.defer(() => close(server, limits.graceMs));
  const port = await listen(server, address, config.listen.port);
  const scheme = pair === undefined ? "http" : "https";
  const shown = hostInUrl(address);
  url ||= `${scheme}://${shown}:${port}`;
  for (const host of hostsOf(url, shown, port, isLoopback(address))) hosts.add(host);
  log.info({ event: "listening", address, port, url, emulator, version: VERSION });

  return {
    port,
    url,
    accessKeys: emulator ? undefined : keysFile,
    async reload() {
      const [nextPair, nextKeys] = [await loadKeyPair(config, env), await readAccessKeys(config, env)];
      if (pair !== undefined && nextPair !== undefined) {
        (server as HttpsServer).setSecureContext(tlsOptions(nextPair));
        pair = nextPair;
      }
      keys = nextKeys;
      log.info({ event: "reloaded" }, "access keys and certificate were read again");
    },
    close: () => disposables.dispose(),
  };
}

/** The Host headers that a signature may be for. A default port is left out. */
function hostsOf(url: string, address: string, port: number, local: boolean): string[] {
  const named = [`${address}:${port}`, ...(local ? [`localhost:${port}`] : [])];
  return [new URL(url).host, new URL(url).hostname, ...named].map((host) => host.toLowerCase());
}

function isLive(key: { readonly endsMs?: number } | undefined, nowMs: number): boolean {
  return key !== undefined && (key.endsMs === undefined || key.endsMs > nowMs);
}
