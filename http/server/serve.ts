/** A small server beside a command: every limit set, closed in good order. */

import type { AccessLog } from "./access-log.js";
import { LIMITS } from "./limits.js";
import { type ListenAddress, listenText } from "./listen-address.js";
import { createListener, type Handle } from "./listener.js";
import { close, httpServer, httpsServer, listen } from "./server.js";
import type { KeyPair } from "./tls.js";

export interface ServeOptions {
  readonly at: ListenAddress;
  readonly handle: Handle;
  /** Without it, plain HTTP. */
  readonly pair?: KeyPair | undefined;
  readonly log?: AccessLog;
}

export interface Serving {
  /** `https://127.0.0.1:8443` */
  readonly url: string;
  close(): Promise<void>;
}

// The answers are a few kilobytes: none is worth a long wait.
const limits = { ...LIMITS, connections: 128, idleMs: 15_000, graceMs: 2_000 };

export async function serve({ at, handle, pair, log = () => {} }: ServeOptions): Promise<Serving> {
  const listener = createListener(handle, log);
  const server = pair === undefined ? httpServer(listener, limits, log) : httpsServer(pair, listener, limits, log);
  const port = await listen(server, at.address, at.port);
  const scheme = pair === undefined ? "http" : "https";
  return { url: `${scheme}://${listenText({ ...at, port })}`, close: () => close(server, limits.graceMs) };
}
