/**
 * Limits TLS connections that have not finished their handshake. Each costs a socket and a TLS state before any token
 * is checked. Each has a deadline that no trickle of bytes extends (`handshakeTimeout` alone counts idle time). Above
 * a fixed number, a new one closes the oldest of the client that holds the most. An honest handshake takes
 * milliseconds and comes alone, so a flood evicts itself.
 */
import type { Server } from "node:https";
import type { Socket } from "node:net";
import { connectionToEvict } from "./connection-to-evict.js";
import { peerOf } from "./connections.js";
import type { Limits } from "./limits.js";
import { callerOf, remoteOf } from "./remote.js";

interface Pending {
  readonly key: string;
  readonly caller: string;
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout;
}

export function guardHandshakes(server: Server, limits: Pick<Limits, "handshakeMs" | "handshakes">): void {
  const pending = new Map<string, Pending>();
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
    pending.set(key, { key, caller: callerOf(remoteOf(socket)), socket, timer });
    socket.once("close", () => {
      if (pending.get(key)?.socket === socket) settle(key);
    });
    if (pending.size <= limits.handshakes) return;
    const giving = connectionToEvict(pending.values());
    if (giving === undefined) return;
    settle(giving.key);
    giving.socket.destroy();
  });
  server.on("secureConnection", (socket: Socket) => settle(peerOf(socket)));
}
