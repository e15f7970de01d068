/** Opens everything that gateway.yaml names, then listens. Closes it in reverse order. */

import { X509Certificate } from "node:crypto";
import type { Logger } from "pino";
import { Interval } from "../base/async/interval.js";
import { defined } from "../base/defined.js";
import { Disposables } from "../base/disposables.js";
import { errorText } from "../base/text/error-text.js";
import { VERSION } from "../base/version.js";
import type { HttpClient } from "../http/client/http-client.js";
import { RouteTable } from "../http/routes/route-table.js";
import { accessLog } from "../http/server/access-log.js";
import { LIMITS, type Limits } from "../http/server/limits.js";
import { createListener } from "../http/server/listener.js";
import { RequestMetrics } from "../http/server/metrics.js";
import { close, httpsServer, listen } from "../http/server/server.js";
import { tlsOptions } from "../http/server/tls.js";
import { aboutRoutes } from "./api/about.js";
import { type Asset, createApp } from "./api/app.js";
import { canonicalAddress, forwardRoutes } from "./api/forwards.js";
import { machineRoutes } from "./api/machines.js";
import { renderMetrics } from "./api/metrics.js";
import { gatewayDocument } from "./api/openapi.js";
import { type Checks, readinessOf } from "./api/readiness.js";
import type { ApiRoute } from "./api/route.js";
import type { ApiServices } from "./api/services.js";
import { signInRoutes } from "./api/sign-in.js";
import { usageRoutes } from "./api/usage.js";
import { vlabRoutes } from "./api/vlab.js";
import { createAuthenticate } from "./auth/authenticate.js";
import { openKeys } from "./auth/keys.js";
import { parseBlocks } from "./forwards/block.js";
import { Forwards } from "./forwards/forwards.js";
import { checkInterface, gatewayAddress, type MachineInterfaces } from "./interfaces.js";
import { openLog } from "./logs/open-log.js";
import { knownMachines } from "./machines/known-machines.js";
import { openKernel, type Programs } from "./nft/nft-kernel.js";
import { gatewayFiles, loadKeyPair } from "./settings/load.js";
import type { GatewayConfig } from "./settings/schema.js";
import { openStore } from "./store/open.js";
import { UsageCollector } from "./usage/collector.js";
import { sweep } from "./worker/fping.js";
import { tcpAnswers } from "./worker/tcp-probe.js";
import { Worker, type WorkerOptions } from "./worker/worker.js";

/** NFLOG group of NEW packets, which ulogd reads. */
export const LOG_GROUP = 51;
/** Stays open, so that starting the gateway does not lock out its administrator. */
const SSH_PORT = 22;
const USAGE_MS = 10_000;
/** How long machines are looked at after the last forward to them has ended. */
const SWEPT_MS = 7 * 86_400_000;
/** How long events, traffic and changes of state are kept. */
const KEPT_MS = 90 * 86_400_000;
const FORGET_EVERY_MS = 6 * 3_600_000;
/** New targets within this time share a sweep. */
const TRIGGER_MS = 1_000;

export interface GatewayOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly limits?: Partial<Limits>;
  /** How nft, conntrack and fping are run; in tests, inside a namespace. */
  readonly programs?: Programs & { readonly fping?: readonly string[] };
  /** @default those of this machine */
  readonly interfaces?: MachineInterfaces;
  /** Fetches published keys. */
  readonly http?: HttpClient;
  /** The page, by path. */
  readonly assets?: ReadonlyMap<string, Asset>;
}

export interface Gateway {
  /** Chosen by the kernel if the configuration says 0. */
  readonly httpsPort: number;
  readonly forwards: Forwards;
  readonly worker: Worker;
  readonly usage: UsageCollector;
  /** Reads the certificate and key again; open connections keep theirs. @throws Fault, and keeps the old ones. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** @throws Fault, and leaves nothing open. */
export async function startGateway(config: GatewayConfig, options: GatewayOptions): Promise<Gateway> {
  const disposables = new Disposables();
  try {
    return await start(config, options, disposables);
  } catch (error) {
    await disposables.dispose();
    throw error;
  }
}

async function start(config: GatewayConfig, options: GatewayOptions, disposables: Disposables): Promise<Gateway> {
  const { env, log } = options;
  const limits = { ...LIMITS, ...options.limits };
  const files = gatewayFiles(env);
  const failed = (event: string) => (error: unknown) => log.error({ event, cause: errorText(error) });
  const pair = await loadKeyPair(config, env);
  warnOfEnd(pair.cert, log);
  const keys = await openKeys(config.auth, defined({ files, http: options.http }));

  const labNetworks = parseBlocks(config.lab_networks);
  const store = await openStore(config.database, files, env);
  disposables.defer(() => store.close());
  const kernel = await openKernel(
    {
      wan: config.wan,
      lan: config.lan,
      labNetworks,
      // Port 0 is for tests, which connect over the loopback.
      ownPorts: [SSH_PORT, config.listen.https_port].filter((port) => port > 0),
      ports: config.ports,
      logGroup: LOG_GROUP,
      onRepaired: (differing) => log.warn({ event: "repaired", ...differing }, "another program changed our table"),
      onFailure: failed("kernel-failed"),
    },
    options.programs,
  );
  disposables.defer(() => kernel.close());
  const forwards = await Forwards.open({ store, kernel, range: config.ports, onFailure: failed("forwards-failed") });
  disposables.defer(() => forwards.close());
  const usage = await UsageCollector.open({ store, kernel, intervalMs: USAGE_MS, onFailure: failed("usage-failed") });
  disposables.defer(() => usage.close());
  const machines = config.machines.map((each) => ({ ...each, addr: canonicalAddress(each.addr) }));
  const worker = openWorker(config, options, store, {
    onFailure: failed("worker-failed"),
    others: async () =>
      knownMachines({
        current: [],
        listed: machines,
        past: await store.pastTargets({ since: Date.now() - SWEPT_MS }),
        liveness: await store.liveness(),
      }),
  });
  disposables.defer(() => worker.stop());
  const forgetting = new Interval({
    intervalMs: FORGET_EVERY_MS,
    work: () => store.forget(Date.now() - KEPT_MS),
    onFailure: failed("forget-failed"),
  }).start();
  disposables.defer(() => forgetting.stop());
  const sender =
    config.log === undefined
      ? undefined
      : await openLog({
          log: config.log,
          stateDir: files.resolve("state_dir", config.state_dir),
          files,
          forwards: () => forwards.list(),
          onEvent: (event) => log.warn(event),
        });
  disposables.defer(async () => sender?.close());
  const soon = triggerSoon(worker);
  disposables.defer(async () => soon.stop());

  const requests = new RequestMetrics((path) => table.labelOf(path));
  const helpBase = (config.auth.vlab_url ?? "").replace(/\/+$/, "");
  const services: ApiServices = {
    forwards,
    store,
    kernel,
    range: config.ports,
    labNetworks,
    machines,
    policy: config.forwards,
    gatewayAddress: (target) => gatewayAddress(config, target, options.interfaces),
    helpBase,
    onNewAddress: (addr) => soon.trigger(addr),
  };
  const checks: Checks = {
    database: { run: () => store.ping() },
    kernel: { run: () => kernel.check() },
    wan: { run: () => checkInterface("wan", config, options.interfaces), isPublic: true },
    lan: { run: () => checkInterface("lan", config, options.interfaces), isPublic: true },
  };
  const routes: ApiRoute[] = [
    ...forwardRoutes(services),
    ...machineRoutes(services),
    ...usageRoutes(services),
    ...vlabRoutes(services),
    ...signInRoutes(),
    ...aboutRoutes({
      readiness: readinessOf(checks, (name, error) => failed("not-ready")(new Error(`${name}: ${errorText(error)}`))),
      metrics: () => renderMetrics(services, requests, sender?.metrics()),
      openapi: () => gatewayDocument(config.name, routes),
    }),
  ];
  const table = new RouteTable(routes, { ignoreTrailingSlash: true });
  const app = createApp(
    defined({
      table,
      authenticate: createAuthenticate({
        keys,
        issuer: config.auth.issuer,
        leewaySeconds: config.auth.leeway_seconds,
        requireClientIp: config.auth.require_client_ip,
      }),
      trustedProxies: parseBlocks(config.auth.trusted_proxies),
      helpBase,
      assets: options.assets,
    }),
  );
  const access = requests.watch(accessLog(log));
  const server = httpsServer(pair, createListener(app, access), limits, access);
  disposables.defer(() => close(server, limits.graceMs));
  const { address, https_port } = config.listen;
  const httpsPort = await listen(server, address, https_port);
  worker.start();
  log.info({ event: "listening", address, https_port: httpsPort, version: VERSION, store: store.kind });

  return {
    httpsPort,
    forwards,
    worker,
    usage,
    async reload() {
      const next = await loadKeyPair(config, env);
      server.setSecureContext(tlsOptions(next));
      warnOfEnd(next.cert, log);
      log.info({ event: "reloaded" }, "the certificate was read again");
    },
    close: () => disposables.dispose(),
  };
}

function openWorker(
  config: GatewayConfig,
  { programs }: GatewayOptions,
  store: WorkerOptions["store"],
  more: Pick<WorkerOptions, "others" | "onFailure">,
): Worker {
  const fping = programs?.fping === undefined ? {} : { fping: programs.fping };
  return new Worker(
    defined<WorkerOptions>({
      store,
      sweep: (addresses) => sweep(addresses, { device: config.lan, ...fping }),
      probe: config.worker.tcp_probe ? tcpAnswers : undefined,
      intervalMs: config.worker.every_seconds * 1000,
      damping: config.worker.damping,
      ...more,
    }),
  );
}

/** Triggers a sweep for new addresses: one sweep for all that come together. */
function triggerSoon(worker: Worker) {
  const known = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  return {
    trigger(addr: string) {
      if (known.has(addr)) return;
      known.add(addr);
      timer ??= setTimeout(() => {
        timer = undefined;
        worker.trigger();
      }, TRIGGER_MS).unref();
    },
    stop: () => clearTimeout(timer),
  };
}

function warnOfEnd(cert: string, log: Logger): void {
  const { validTo } = new X509Certificate(cert);
  if (Date.parse(validTo) < Date.now()) {
    log.warn({ event: "expired", valid_to: validTo }, "the certificate has expired: clients will refuse it");
  }
}
