/**
 * Cuts bodies that trickle. Every byte keeps a connection from being idle, so a client could hold an upload and its
 * temporary file for ever. A body must therefore bring a minimum of bytes in each window. Time in which we leave
 * received bytes unread does not count against the client.
 */

import { bodyTooSlow } from "../../problems.js";
import type { Exchange } from "../exchange.js";
import type { Limits } from "../limits.js";

interface Watched {
  since: number;
  /** Bytes that the socket had read at `since`. */
  bytes: number;
}

export type WatchBody = (exchange: Exchange) => void;

export function watchBodies(limits: Pick<Limits, "minBodyRate" | "bodyWindowMs" | "checkMs">): WatchBody {
  const { minBodyRate, bodyWindowMs, checkMs } = limits;
  const watched = new Map<Exchange, Watched>();
  let timer: NodeJS.Timeout | undefined;

  const check = () => {
    const now = performance.now();
    for (const [exchange, window] of watched) {
      const { req, res } = exchange;
      if (req.complete || res.closed) {
        watched.delete(exchange);
        continue;
      }
      const bytes = req.socket.bytesRead;
      const enough = bytes - window.bytes >= (minBodyRate * bodyWindowMs) / 1000;
      if (!exchange.waitsForClient || enough) {
        window.since = now;
        window.bytes = bytes;
      } else if (now - window.since >= bodyWindowMs) {
        watched.delete(exchange);
        exchange.problem(bodyTooSlow(minBodyRate));
      }
    }
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return (exchange) => {
    if (minBodyRate === 0) return;
    watched.set(exchange, { since: performance.now(), bytes: exchange.req.socket.bytesRead });
    timer ??= setInterval(check, checkMs).unref();
  };
}
