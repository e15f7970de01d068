/** Turns a handler into a request listener: in turn, logged, and never without an answer. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { errno } from "../base/fault.js";
import type { AccessLog } from "./access-log.js";
import { Exchange } from "./exchange.js";
import { Problem } from "./problem.js";
import { internal, overloaded } from "./problems.js";

export type Handle = (exchange: Exchange) => void | Promise<void>;
export type Listener = (req: IncomingMessage, res: ServerResponse) => void;

/** Requests that one connection may have waiting behind the one that is being answered. */
const PIPELINE_LIMIT = 32;

interface Line {
  waiting: number;
  last: ServerResponse;
}

export function createListener(handle: Handle, log: AccessLog): Listener {
  const lines = new WeakMap<Socket, Line>();

  const serve = async (req: IncomingMessage, res: ServerResponse) => {
    const exchange = new Exchange(req, res, log);
    try {
      await handle(exchange);
    } catch (error) {
      exchange.problem(toProblem(error));
    }
  };

  // Pipelined requests are answered one after the other: a GET sent behind a PUT must see what was put
  // (RFC 9112, 9.3.2), and a connection never has more than one file open.
  return (req, res) => {
    const { socket } = req;
    const line = lines.get(socket);
    if (line === undefined || line.last.closed) {
      lines.set(socket, { waiting: 0, last: res });
      void serve(req, res);
      return;
    }
    if (line.waiting >= PIPELINE_LIMIT) {
      socket.destroy();
      return;
    }
    line.waiting += 1;
    line.last.once("close", () => {
      line.waiting -= 1;
      if (!socket.destroyed) void serve(req, res);
    });
    line.last = res;
  };
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const code = errno(error);
  return code === "EMFILE" || code === "ENFILE" ? overloaded(error) : internal(error);
}
