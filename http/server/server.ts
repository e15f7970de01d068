/** HTTP and HTTPS servers with every limit set; how they listen, and how they close in good order. */
import { createServer as createHttp, type Server as HttpServer } from "node:http";
import { createServer as createHttps, type Server as HttpsServer } from "node:https";
import { type AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { errno } from "../../base/fault.js";
import { ANONYMOUS } from "../headers/bearer.js";
import { rawProblem } from "../refused/raw-problem.js";
import { isHead, problemOf, type RefusedBytes } from "../refused/refused-bytes.js";
import type { AccessLog } from "./access-log.js";
import { guardConnections } from "./connections.js";
import { addressMissing, portForbidden, portTaken } from "./errors.js";
import { guardHandshakes } from "./handshakes.js";
import { HEADER_BYTES, type Limits } from "./limits.js";
import { isAtWork, type Listener, refuseInLine } from "./listener.js";
import { remoteOf } from "./remote.js";
import { type KeyPair, rotateTicketKeys, tlsOptions } from "./tls.js";

const KEEP_ALIVE_PROBE_MS = 30_000;

export type Server = HttpServer | HttpsServer;

export function httpServer(listener: Listener, limits: Limits, log: AccessLog): HttpServer {
  return bound(createHttp(httpOptions(limits)), listener, limits, log);
}

export function httpsServer(pair: KeyPair, listener: Listener, limits: Limits, log: AccessLog): HttpsServer {
  const options = { ...tlsOptions(pair), ...httpOptions(limits), handshakeTimeout: limits.handshakeMs };
  const server = bound(createHttps(options), listener, limits, log);
  guardHandshakes(server, limits);
  rotateTicketKeys(server);
  return server;
}

/** @returns the port: the kernel chooses one for port 0. */
export async function listen(server: Server, address: string, port: number): Promise<number> {
  try {
    return await tryListen(server, address, port);
  } catch (error) {
    const code = errno(error);
    const noIpv6 = code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL";
    if (address === "::" && noIpv6) return listen(server, "0.0.0.0", port);
    if (code === "EADDRINUSE") throw portTaken(address, port);
    if (code === "EACCES") throw portForbidden(address, port);
    if (noIpv6 || code === "ENOTFOUND") throw addressMissing(address);
    throw error;
  }
}

/** Takes no more connections, lets running requests end for `graceMs`, then cuts them. */
export async function close(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // A connection whose last answer has just gone out would stay open for requests that never come.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(timer);
}

function httpOptions(limits: Limits) {
  return {
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: limits.headersMs,
    // Counts the whole body too: an upload of an hour is fine as long as it moves.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkMs,
    noDelay: true,
    // Time in which a request is at work is not idle. The kernel still finds peers that are gone, and address
    // translators on the way keep the connection.
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
    // Node would answer without a body, and unlogged. The listener checks the header.
    requireHostHeader: false,
  };
}

function bound<S extends Server>(server: S, listener: Listener, limits: Limits, log: AccessLog): S {
  server.timeout = limits.idleMs;
  server.on("timeout", (socket) => {
    if (isAtWork(socket)) socket.setTimeout(limits.idleMs);
    else socket.destroy();
  });
  // Above a maximum, Node drops headers silently. The listener counts them instead.
  server.maxHeadersCount = 0;
  guardConnections(server, limits);
  server.on("request", listener);
  server.on("checkContinue", listener);
  server.on("checkExpectation", listener);
  server.on("connect", (_req, socket) => refuse({ code: "CONNECT" }, socket, log));
  server.on("clientError", (error: RefusedBytes, socket) => refuse(error, socket, log));
  return server;
}

const refused = new WeakSet<Duplex>();

/**
 * Bytes that are not HTTP never become a request; they are still answered and logged, and the connection closed. The
 * parser goes on to refuse all that follows them, which gets no answer of its own.
 */
function refuse(error: RefusedBytes, socket: Duplex, log: AccessLog): void {
  // Behind a request that said "close", nothing is answered (RFC 9112, 9.6); the answer to it ends the connection.
  if (refused.has(socket) || error.code === "HPE_CLOSED_CONNECTION") return;
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  refused.add(socket);
  const problem = problemOf(error);
  const bodiless = isHead(error);
  const answer = () => {
    if (!socket.writable) return;
    const { status, verdict } = problem;
    const { id, text } = rawProblem(problem, bodiless);
    socket.end(text);
    const remote = socket instanceof Socket ? remoteOf(socket) : "";
    log({ id, remote, method: "", path: "", status, bytes: 0, ms: 0, verdict, who: ANONYMOUS });
  };
  if (!refuseInLine(socket, problem, answer)) answer();
}

function tryListen(server: Server, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address, port }, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
