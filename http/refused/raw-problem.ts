/** Problems for connections on which no request has begun: Node's own response object needs a request. */
import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { type Problem, problemBody } from "../problem.js";

/** A whole response with the same headers and body as any other problem has; its connection is closed. */
export interface RawProblem {
  readonly id: string;
  readonly text: string;
}

/** @param bodiless for HEAD. */
export function rawProblem(problem: Problem, bodiless = false): RawProblem {
  const id = randomUUID();
  const body = JSON.stringify(problemBody(problem, id));
  const headers = {
    ...problem.headers,
    Connection: "close",
    Date: new Date().toUTCString(),
    "X-Request-Id": id,
    "Content-Type": "application/problem+json",
    "Content-Length": Buffer.byteLength(body),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join("")}\r\n`;
  return { id, text: bodiless ? head : head + body };
}
