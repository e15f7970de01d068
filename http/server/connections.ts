/**
 * Limits connections, in total and per client. At the limit, a new connection replaces one without a request under
 * way: the oldest of the client that holds the most of them. The new connection is refused only if all others are at
 * work.
 */
import type { Server as HttpServer } from "node:http";
import { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import { tooManyConnections } from "../problems.js";
import { rawProblem } from "../refused/raw-problem.js";
import { connectionToEvict } from "./connection-to-evict.js";
import type { Limits } from "./limits.js";
import { isBusy } from "./listener.js";
import { callerOf, remoteOf } from "./remote.js";

interface Connection {
  readonly key: string;
  readonly caller: string;
  /** The TCP socket: closing it closes TLS on top of it. */
  readonly socket: Socket;
  /** The socket that carries requests; undefined until the TLS handshake ends. */
  requests: Socket | undefined;
}

export function guardConnections(
  server: HttpServer | HttpsServer,
  limits: Pick<Limits, "connections" | "connectionsPerAddress">,
): void {
  const secure = server instanceof HttpsServer;
  /** In order of arrival. */
  const connections = new Map<string, Connection>();
  const perCaller = new Map<string, number>();

  server.on("connection", (socket: Socket) => {
    const key = peerOf(socket);
    const caller = callerOf(remoteOf(socket));
    const connection: Connection = { key, caller, socket, requests: secure ? undefined : socket };
    connections.set(key, connection);
    const held = (perCaller.get(caller) ?? 0) + 1;
    perCaller.set(caller, held);
    socket.once("close", () => {
      if (connections.get(key) === connection) connections.delete(key);
      const left = (perCaller.get(caller) ?? 1) - 1;
      if (left > 0) perCaller.set(caller, left);
      else perCaller.delete(caller);
    });
    if (held > limits.connectionsPerAddress) return refuse(socket, secure);
    if (connections.size <= limits.connections) return;
    const idle = connectionToEvict(idleOf(connections.values(), socket));
    if (idle === undefined) return refuse(socket, secure);
    // At once, not when the kernel has closed it: the next new connection must find another one.
    connections.delete(idle.key);
    idle.socket.destroy();
  });

  server.on("secureConnection", (socket: Socket) => {
    const connection = connections.get(peerOf(socket));
    if (connection !== undefined) connection.requests = socket;
  });
}

/** A key for a connection: a TLS socket and the TCP socket under it are two objects, but both know the peer. */
export function peerOf(socket: Socket): string {
  return `${socket.remoteAddress}|${socket.remotePort}|${socket.localAddress}|${socket.localPort}`;
}

function* idleOf(connections: Iterable<Connection>, newcomer: Socket): Generator<Connection> {
  for (const connection of connections) {
    const { socket, requests } = connection;
    if (socket !== newcomer && (requests === undefined || !isBusy(requests))) yield connection;
  }
}

/** Before the TLS handshake, the peer understands no answer. */
function refuse(socket: Socket, secure: boolean): void {
  if (secure) socket.destroy();
  else socket.end(rawProblem(tooManyConnections()).text, () => socket.destroy());
}
