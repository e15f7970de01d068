/** The Hosts page's server, on the two loopback addresses and no other. */
import { errno, Fault } from "../../base/fault.js";
import { LIMITS } from "../../http/server/limits.js";
import { createListener } from "../../http/server/listener.js";
import { close, httpServer, listen, type Server } from "../../http/server/server.js";
import { type AppOptions, createApp } from "./app.js";
import type { Backend } from "./backend.js";
import { Operations } from "./operations.js";
import { accessRoutes } from "./routes/access.js";
import { fileRoutes } from "./routes/files.js";
import { hostRoutes } from "./routes/hosts.js";
import { jobRoutes } from "./routes/jobs.js";
import { signInRoutes } from "./routes/sign-in.js";
import { Sessions } from "./sessions.js";

export interface UiOptions extends Pick<AppOptions, "assets" | "failed"> {
  readonly backend: Backend;
  readonly version: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Aborted when the command ends: operations under way end then. */
  readonly signal: AbortSignal;
}

export interface UiServer {
  readonly port: number;
  /** A new link that signs one browser in, once. */
  link(): { readonly url: string; readonly seconds: number };
  /** Resolves when an operation under way has ended as well. */
  close(): Promise<void>;
}

/** Streams are open for as long as a page is: nothing else takes long enough to be waited for. */
const GRACE_MS = 500;
/** Ports of which one address is free and the other is not. */
const ATTEMPTS = 5;

export async function startUi(options: UiOptions): Promise<UiServer> {
  const { backend, version, signal, assets, failed } = options;
  const sessions = new Sessions();
  const operations = new Operations(signal);
  let port = 0;
  const services = { backend, sessions, operations, version, port: () => port };
  const routes = [
    ...signInRoutes(services),
    ...hostRoutes(services, signal),
    ...fileRoutes(services),
    ...jobRoutes(services),
    ...accessRoutes(services, signal),
  ];
  const app = createApp({ routes, sessions, assets, failed, port: () => port });
  const servers = await listenOnLoopback(options.port, () =>
    httpServer(
      createListener(app, () => {}),
      LIMITS,
      () => {},
    ),
  );
  port = servers.port;
  return {
    port,
    link() {
      const { code, seconds } = sessions.offer();
      // Browsers send a fragment to no server, and the page removes it from the address bar.
      return { url: `http://127.0.0.1:${port}/#sign-in=${code}`, seconds };
    },
    async close() {
      await Promise.all(servers.all.map((server) => close(server, GRACE_MS)));
      await operations.idle();
      backend.close();
    },
  };
}

/** Both have the same port: otherwise another user's program could answer to "localhost" in the place of this one. */
async function listenOnLoopback(wanted: number, open: () => Server): Promise<{ all: Server[]; port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const first = open();
    const port = await listen(first, "127.0.0.1", wanted);
    const second = open();
    try {
      await listen(second, "::1", port);
      return { all: [first, second], port };
    } catch (error) {
      // A machine without IPv6.
      if (error instanceof Fault && error.code === "http/address-missing") return { all: [first], port };
      await close(first, 0);
      const isTaken = error instanceof Fault ? error.code === "http/port-taken" : errno(error) === "EADDRINUSE";
      if (!isTaken || wanted !== 0 || attempt === ATTEMPTS) throw error;
    }
  }
}
