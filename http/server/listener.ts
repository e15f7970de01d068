/** Turns a handler into a request listener: one request at a time per connection, each logged and each answered. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { errno } from "../../base/fault.js";
import { Problem } from "../problem.js";
import { internal, overloaded, tooManyPipelined } from "../problems.js";
import type { AccessLog } from "./access-log.js";
import { watchBodies } from "./body/body-rate.js";
import { checkHead } from "./check-head.js";
import { Exchange } from "./exchange.js";
import { LIMITS, type Limits } from "./limits.js";
import { adoptHost } from "./target.js";

export type Handle = (exchange: Exchange) => void | Promise<void>;
export type Listener = (req: IncomingMessage, res: ServerResponse) => void;

/** Requests that may wait on one connection behind the one being answered. */
const PIPELINE_LIMIT = 32;
/** Further requests that are read and dropped while earlier answers go out; then the connection is cut. */
const DROPPED_LIMIT = 1_024;

interface Line {
  waiting: number;
  dropped: number;
  /** The answer to the request that came last. */
  last: ServerResponse;
  /** The request being answered. */
  exchange: Exchange;
  /** What is wrong with the content of the request that came last. */
  broken?: Problem;
}

const lines = new WeakMap<Duplex, Line>();

/** Whether a request is being answered on `socket`. */
export function isBusy(socket: Socket): boolean {
  return busyLine(socket) !== undefined;
}

/**
 * Bytes that are not HTTP came behind or within a request that is still to be answered. A problem of its content is its
 * answer. A problem behind it must wait, or the client would take it for the answer to an earlier request.
 *
 * @param next answers the bytes behind the last request, when all others are answered.
 * @returns false if nothing is being answered: `next` was not called then, and never will be.
 */
export function refuseInLine(socket: Duplex, problem: Problem, next: () => void): boolean {
  const line = busyLine(socket);
  if (line === undefined) return false;
  const { last } = line;
  if (last.req.complete) last.once("close", next);
  else if (line.waiting > 0) line.broken = problem;
  else line.exchange.breakBody(problem);
  return true;
}

function busyLine(socket: Duplex): Line | undefined {
  const line = lines.get(socket);
  return line === undefined || line.last.closed ? undefined : line;
}

/**
 * Whether a silent connection waits for us: its client owes no byte of a request, and the answer has not begun. Tells
 * the client that we are at work, if it wants to know.
 */
export function isAtWork(socket: Socket): boolean {
  const exchange = lines.get(socket)?.exchange;
  if (exchange === undefined || exchange.res.closed || exchange.res.headersSent) return false;
  if (exchange.waitsForClient) return false;
  exchange.showProgress();
  return true;
}

export function createListener(handle: Handle, log: AccessLog, limits: Limits = LIMITS): Listener {
  const watch = watchBodies(limits);

  const serve = (exchange: Exchange) => {
    if (exchange.hasBody) watch(exchange);
    const fail = (error: unknown) => exchange.problem(toProblem(error));
    try {
      checkHead(exchange.req);
      adoptHost(exchange.req);
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
      const exchange = new Exchange(req, res, log);
      if (line === undefined) lines.set(socket, { waiting: 0, dropped: 0, last: res, exchange });
      else Object.assign(line, { last: res, exchange });
      serve(exchange);
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
      const exchange = new Exchange(req, res, log);
      line.exchange = exchange;
      if (refused) exchange.problem(tooManyPipelined(PIPELINE_LIMIT));
      else if (line.broken !== undefined && line.waiting === 0) exchange.breakBody(line.broken);
      else serve(exchange);
    });
    line.last = res;
  };
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const code = errno(error);
  return code === "EMFILE" || code === "ENFILE" ? overloaded(error) : internal(error);
}
