/** Turns a handler into a request listener: one request at a time per connection, each logged and each answered. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { errno } from "../../base/fault.js";
import { hostsIn, isHost } from "../headers/host.js";
import { Problem } from "../problem.js";
import { internal, malformedHost, overloaded, tooManyHeaders, tooManyPipelined } from "../problems.js";
import type { AccessLog } from "./access-log.js";
import { watchBodies } from "./body-rate.js";
import { Exchange } from "./exchange.js";
import { HEADER_COUNT, LIMITS, type Limits } from "./limits.js";

export type Handle = (exchange: Exchange) => void | Promise<void>;
export type Listener = (req: IncomingMessage, res: ServerResponse) => void;

/** Requests that may wait on one connection behind the one being answered. */
const PIPELINE_LIMIT = 32;
/** Further requests that are read and dropped while earlier answers go out; then the connection is cut. */
const DROPPED_LIMIT = 1_024;

interface Line {
  waiting: number;
  dropped: number;
  last: ServerResponse;
  /** The request being answered. */
  current?: Exchange;
}

const lines = new WeakMap<Socket, Line>();

/** Whether a request is being answered on `socket`. */
export function isBusy(socket: Socket): boolean {
  const line = lines.get(socket);
  return line !== undefined && !line.last.closed;
}

/**
 * Whether a silent connection waits for us: its client owes no byte of a request, and the answer has not begun. Tells
 * the client that we are at work, if it wants to know.
 */
export function isAtWork(socket: Socket): boolean {
  const exchange = lines.get(socket)?.current;
  if (exchange === undefined || exchange.res.closed || exchange.res.headersSent) return false;
  if (exchange.waitsForClient) return false;
  exchange.showProgress();
  return true;
}

export function createListener(handle: Handle, log: AccessLog, limits: Limits = LIMITS): Listener {
  const watch = watchBodies(limits);

  const serve = (req: IncomingMessage, res: ServerResponse) => {
    const exchange = new Exchange(req, res, log);
    const line = lines.get(req.socket);
    if (line !== undefined) line.current = exchange;
    if (exchange.hasBody) watch(exchange);
    const fail = (error: unknown) => exchange.problem(toProblem(error));
    try {
      // Twice as long as names: each is followed by its value.
      if (req.rawHeaders.length > 2 * HEADER_COUNT) throw tooManyHeaders(HEADER_COUNT);
      if (!hasHost(req)) throw malformedHost();
      handle(exchange)?.catch(fail);
    } catch (error) {
      fail(error);
    }
  };

  // Pipelined requests are answered one after the other: a GET sent behind a PUT must see the new content
  // (RFC 9112, 9.3.2), and a connection never has more than one file open.
  return (req, res) => {
    const { socket } = req;
    const line = lines.get(socket);
    if (line === undefined || line.last.closed) {
      if (line === undefined) lines.set(socket, { waiting: 0, dropped: 0, last: res });
      else line.last = res;
      serve(req, res);
      return;
    }
    if (line.waiting > PIPELINE_LIMIT) {
      line.dropped += 1;
      if (line.dropped > DROPPED_LIMIT) socket.destroy();
      return;
    }
    line.waiting += 1;
    const refused = line.waiting > PIPELINE_LIMIT;
    line.last.once("close", () => {
      line.waiting -= 1;
      if (socket.destroyed) return;
      if (refused) new Exchange(req, res, log).problem(tooManyPipelined(PIPELINE_LIMIT));
      else serve(req, res);
    });
    line.last = res;
  };
}

/** HTTP/1.0 may leave it out. A request with two hosts means one of them to us and another to a proxy in front. */
function hasHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  const [host, ...others] = hostsIn(rawHeaders);
  if (host === undefined) return httpVersion === "1.0";
  return others.length === 0 && isHost(host);
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const code = errno(error);
  return code === "EMFILE" || code === "ENFILE" ? overloaded(error) : internal(error);
}
