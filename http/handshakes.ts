/**
 * Half-open TLS connections cost a socket and a TLS state each, and come before any token is seen. Each
 * has a deadline that no trickle of bytes extends (`handshakeTimeout` alone counts idle time), and there
 * are never more than a fixed number: a newcomer closes the oldest, since an honest handshake takes
 * milliseconds and what is old is stalled.
 */
import type { Server } from "node:https";
import type { Socket } from "node:net";
import { peerOf } from "./connections.js";
import type { Limits } from "./limits.js";

export function guardHandshakes(server: Server, limits: Pick<Limits, "handshakeMs" | "handshakes">): void {
  const pending = new Map<string, { socket: Socket; timer: NodeJS.Timeout }>();
  const settle = (key: string) => {
    clearTimeout(pending.get(key)?.timer);
    pending.delete(key);
  };

  server.on("connection", (socket: Socket) => {
    const key = peerOf(socket);
    const timer = setTimeout(() => {
      settle(key);
      socket.destroy();
    }, limits.handshakeMs);
    timer.unref();
    pending.set(key, { socket, timer });
    socket.once("close", () => {
      if (pending.get(key)?.socket === socket) settle(key);
    });
    const oldest = pending.entries().next().value;
    if (pending.size > limits.handshakes && oldest !== undefined) {
      settle(oldest[0]);
      oldest[1].socket.destroy();
    }
  });
  server.on("secureConnection", (socket: Socket) => settle(peerOf(socket)));
}
