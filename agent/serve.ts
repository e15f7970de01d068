/** Opens everything that the configuration names, then listens. Closes it again in reverse order. */

import { X509Certificate } from "node:crypto";
import type { Server as HttpsServer } from "node:https";
import { join } from "node:path";
import type { Logger } from "pino";
import { VERSION } from "../base/version.js";
import { authenticateAnyone, authenticateBearer } from "../http/headers/bearer.js";
import { RouteTable } from "../http/routes/route-table.js";
import { type AccessLog, accessLog } from "../http/server/access-log.js";
import { LIMITS, type Limits } from "../http/server/limits.js";
import { createListener } from "../http/server/listener.js";
import { RequestMetrics } from "../http/server/metrics.js";
import { redirectToHttps } from "../http/server/redirect.js";
import { close, httpServer, httpsServer, listen, type Server } from "../http/server/server.js";
import { tlsOptions } from "../http/server/tls.js";
import { sshHostKeys } from "./about/host-keys.js";
import { renderAgentMetrics } from "./about/metrics.js";
import { agentDocument } from "./about/openapi.js";
import { publicAddresses } from "./about/public-addresses.js";
import { aboutRoutes } from "./about/routes.js";
import { createApp } from "./app.js";
import { fenceOf } from "./apyfal/host-paths.js";
import { apyfalRoutes } from "./apyfal/routes.js";
import { deviceFinder } from "./devices/find-devices.js";
import { createFiles } from "./files/routes.js";
import { Temporaries } from "./files/temporaries.js";
import { closeRoots, openRoots } from "./guard/roots.js";
import { sweep } from "./guard/sweep.js";
import type { LoginPlaces } from "./idle/logins.js";
import { Uses } from "./idle/uses.js";
import { watchIdle } from "./idle/watch.js";
import type { EngineOptions } from "./jobs/engine.js";
import { HostFiles } from "./jobs/host-files.js";
import { noEngine } from "./jobs/no-engine.js";
import { startEngine } from "./jobs/start-engine.js";
import type { JobEngine } from "./jobs/types.js";
import { jobRoutes } from "./jobs-api/routes.js";
import type { AgentRoute } from "./route.js";
import { expandPath, loadKeyPair, loadToken } from "./settings/load.js";
import type { AgentConfig } from "./settings/schema.js";

export interface AgentOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  /** @default a line of `log` for each request */
  readonly access?: AccessLog;
  readonly limits?: Partial<Limits>;
  /** @default /etc/ssh */
  readonly sshDir?: string;
  readonly logins?: LoginPlaces;
}

export interface Agent {
  /** The kernel chooses one where the configuration says 0. */
  readonly httpsPort: number | undefined;
  readonly httpPort: number | undefined;
  /** Settles when the leftovers of a killed agent are removed. */
  readonly swept: Promise<void>;
  /** Loads a new certificate and key; open connections keep theirs. @throws Fault, and keeps the old ones. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** @throws Fault; then nothing is left open. */
export async function startAgent(config: AgentConfig, options: AgentOptions): Promise<Agent> {
  const { env, log } = options;
  const limits = { ...LIMITS, ...toLimits(config.limits), ...options.limits };
  const token = await loadToken(config, env);
  const pair = await loadKeyPair(config, env);
  const certificate = pair === undefined ? undefined : new X509Certificate(pair.cert);
  warn(config, certificate, log);
  let shown = certificate;
  let stopping = false;
  const roots = openRoots(config.authorized_host_dirs, env);
  const temporaries = new Temporaries(config.name);
  const engine = await openEngine(config, { env, log, roots, temporaries });
  const uses = new Uses();
  const idle = watchIdle({
    env,
    log,
    uses,
    jobs: () => engine.busy(),
    autostop: config.autostop,
    logins: options.logins,
  });
  const files = createFiles({ roots, temporaries, maxBytes: config.max_upload_bytes });
  const routes: AgentRoute[] = [
    ...aboutRoutes({
      name: config.name,
      version: VERSION,
      isReady: () => !stopping,
      metrics: () => renderAgentMetrics({ version: VERSION, requests, engine, certificateEnds: () => endOf(shown) }),
      openapi: () => document,
      directories: roots.map(({ name, path, mode }) => ({ name, path, mode })),
      sshHostKeys: () => sshHostKeys(options.sshDir),
      idle: idle.report,
      addresses: config.serve_addresses ? () => publicAddresses(env) : undefined,
    }),
    ...files.routes,
    ...jobRoutes({
      engine,
      files: new HostFiles(roots, temporaries),
      maxUploadBytes: config.max_upload_bytes,
      devices: deviceFinder({ env }),
    }),
    ...(hasAccelerators(config)
      ? apyfalRoutes({
          engine,
          fence: fenceOf(config.authorized_host_dirs, roots, env),
          maxUploadBytes: config.max_upload_bytes,
          recordsFile: join(expandPath("jobs_dir", config.jobs_dir, env), "apyfal.json"),
        })
      : []),
  ];
  const document = agentDocument(routes, { version: VERSION, auth: config.auth });
  const table = new RouteTable(routes);
  const requests = new RequestMetrics((path) => table.labelOf(path));
  const access = requests.watch(options.access ?? accessLog(log));
  const app = createApp({
    table,
    authenticate: token === undefined ? authenticateAnyone : authenticateBearer(token),
    uses,
    refuseFileMethod: files.refuseMethod,
  });

  const servers: Server[] = [];
  const stop = async (graceMs: number) => {
    stopping = true;
    await idle.close();
    // Together, so that followers of a job learn its end before their connection is cut.
    await Promise.all([engine.close(), ...servers.map((server) => close(server, graceMs))]);
    await files.close();
    closeRoots(roots);
  };
  const { address, https_port, http_port } = config.listen;
  let secure: HttpsServer | undefined;
  let httpsPort: number | undefined;
  let httpPort: number | undefined;
  try {
    let plain = app;
    if (pair !== undefined && certificate !== undefined) {
      secure = httpsServer(pair, createListener(app, access, limits), limits, access);
      servers.push(secure);
      httpsPort = await listen(secure, address, https_port);
      const port = httpsPort;
      plain = async (exchange) => redirectToHttps(exchange, shown ?? certificate, port);
    }
    if (http_port !== false) {
      const server = httpServer(createListener(plain, access, limits), limits, access);
      servers.push(server);
      httpPort = await listen(server, address, http_port);
    }
  } catch (error) {
    await stop(0);
    throw error;
  }
  // Not before: a start that fails leaves the jobs of the last run as they are.
  engine.resume();
  log.info({ event: "listening", address, https_port: httpsPort, http_port: httpPort, version: VERSION });

  const sweeping = roots.map((root) => sweep(root, temporaries.prefix, (name) => temporaries.isLive(name)));
  const swept = Promise.all(sweeping).then((counts) => {
    const removed = counts.reduce((sum, count) => sum + count, 0);
    if (removed > 0) log.info({ event: "swept", removed }, "unfinished uploads of an earlier run were removed");
  });

  return {
    httpsPort,
    httpPort,
    swept,
    async reload() {
      const next = await loadKeyPair(config, env);
      if (next === undefined || secure === undefined) return;
      secure.setSecureContext(tlsOptions(next));
      shown = new X509Certificate(next.cert);
      log.info({ event: "reloaded" }, "the certificate was read again");
    },
    async close() {
      await stop(limits.graceMs);
      await swept;
    },
  };
}

function toLimits(limits: AgentConfig["limits"]): Partial<Limits> {
  return {
    connections: limits.connections,
    connectionsPerAddress: limits.connections_per_address,
    handshakes: limits.handshakes,
    handshakeMs: limits.handshake_ms,
    headersMs: limits.headers_ms,
    idleMs: limits.idle_ms,
    keepAliveMs: limits.keep_alive_ms,
    minBodyRate: limits.min_body_rate,
  };
}

function hasAccelerators({ accelerators }: AgentConfig): boolean {
  return Object.keys(accelerators).length > 0;
}

/** A host without accelerators needs no directory for jobs. */
async function openEngine(config: AgentConfig, options: EngineOptions): Promise<JobEngine> {
  if (!hasAccelerators(config)) return noEngine;
  try {
    return await startEngine(config, options);
  } catch (error) {
    closeRoots(options.roots);
    throw error;
  }
}

function endOf(certificate: X509Certificate | undefined): number | undefined {
  return certificate === undefined ? undefined : Date.parse(certificate.validTo);
}

function warn(config: AgentConfig, certificate: X509Certificate | undefined, log: Logger): void {
  if (config.auth === "none") {
    log.warn(
      { event: "open" },
      'auth is "none": every client that reaches this port may read and write the directories',
    );
  }
  if (certificate === undefined) {
    log.warn({ event: "plain" }, "tls is off: the token and every file cross the network in clear text");
    return;
  }
  const { validTo } = certificate;
  if (Date.parse(validTo) < Date.now()) {
    log.warn({ event: "expired", valid_to: validTo }, "the certificate has expired: clients will refuse it");
  }
}
