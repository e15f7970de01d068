/** One request and its answer: its id, its line in the access log, and the ways to end it. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { defined } from "../../base/defined.js";
import { ANONYMOUS } from "../headers/bearer.js";
import { type Problem, problemBody } from "../problem.js";
import type { AccessDetails, AccessLog } from "./access-log.js";
import { remoteOf } from "./remote.js";

export type Headers = Readonly<Record<string, string | number>>;

/** How long a client may go on sending a body after its answer. */
const LINGER_MS = 2_000;
/** Bytes of content up to which copying costs less than a second write. */
const JOINED = 16 * 1024;
/** In `Prefer` (RFC 7240): the client understands "102 Processing". */
const PROCESSING = /(?:^|[,\s])processing(?:$|[,;\s])/i;
const ID = /^[A-Za-z0-9._-]{1,64}$/;

const NO_DETAILS: AccessDetails = {};

export class Exchange {
  readonly id: string;
  readonly remote: string;
  readonly method: string;
  /** As it was sent, without its query. */
  readonly path: string;
  who = ANONYMOUS;
  verdict = "ok";
  /** Content bytes sent and received. */
  bytes = 0;
  received = 0;
  cause: unknown;
  /** Label of the matched route in metrics. */
  route: string | undefined;
  /** More members of the log line. */
  details: AccessDetails = NO_DETAILS;
  readonly #started = performance.now();
  #bodyAccepted: boolean;
  /** Ends an answer that waits for the client to stop sending. */
  #endLingering: (() => void) | undefined;

  constructor(
    readonly req: IncomingMessage,
    readonly res: ServerResponse,
    log: AccessLog,
  ) {
    const given = req.headers["x-request-id"];
    this.id = typeof given === "string" && ID.test(given) ? given : randomUUID();
    this.method = req.method ?? "";
    const url = req.url ?? "";
    const query = url.indexOf("?");
    this.path = query < 0 ? url : url.slice(0, query);
    this.remote = remoteOf(req.socket);
    // HTTP/1.0 knows no interim answers (RFC 9110, 10.1.1).
    this.#bodyAccepted = req.headers.expect === undefined || req.httpVersion === "1.0";
    res.once("close", () => {
      log(this.#entry(), this.route);
      // The answer went out before the whole body came. No more of it will come, and its readers must learn that.
      if (!req.complete) req.destroy();
    });
  }

  /** Whether the header announces content. GET with a body is rare, but legal. */
  get hasBody(): boolean {
    const { headers } = this.req;
    return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  }

  /** Whether the client may send its body: it did not wait for "100 Continue", or has received it. */
  get bodyAccepted(): boolean {
    return this.#bodyAccepted;
  }

  /** Whether the client's next bytes are what the answer waits for. If not, the time until it begins is ours. */
  get waitsForClient(): boolean {
    const { req } = this;
    return this.#bodyAccepted && !req.complete && req.readableLength === 0;
  }

  /**
   * Tells the client that its request is still at work. Only a client that asked for it: many take any interim answer
   * but "100 Continue" for the final one.
   */
  showProgress(): void {
    const { req, res } = this;
    if (req.httpVersionMinor < 1 || !PROCESSING.test(String(req.headers.prefer ?? ""))) return;
    res.writeProcessing();
  }

  /** Tells a client that waits for "100 Continue" to send its body. */
  acceptBody(): void {
    if (!this.#bodyAccepted) this.res.writeContinue();
    this.#bodyAccepted = true;
  }

  /** Begins an answer. All headers are set at once: set one by one, each costs as much as all of them. */
  writeHead(status: number, headers: Headers): void {
    const { id, res } = this;
    const all = { "X-Request-Id": id, ...headers };
    res.writeHead(status, this.#isLast() ? { ...all, Connection: "close" } : all);
  }

  /** The rest of the content cannot be read: an answer that has begun goes out, and `problem` only where none has. */
  breakBody(problem: Problem): void {
    if (!this.res.headersSent) this.problem(problem);
    this.#endLingering?.();
  }

  /** Answers with content that is in memory as a whole. */
  answer(status: number, headers: Headers, body?: Buffer | string): void {
    const content = typeof body === "string" ? Buffer.from(body) : body;
    const length = content === undefined || "Content-Length" in headers ? undefined : content.length;
    const all = length === undefined ? headers : { "Content-Length": length, ...headers };
    this.#end(status, all, this.method === "HEAD" ? undefined : content);
  }

  json(status: number, value: unknown, headers: Headers = {}): void {
    this.answer(status, { "Content-Type": "application/json", ...headers }, JSON.stringify(value));
  }

  problem(problem: Problem): void {
    if (this.res.headersSent && this.verdict !== "ok") {
      // Consequences of the first problem say nothing new.
      this.res.destroy();
      return;
    }
    this.verdict = problem.verdict;
    this.cause = problem.cause;
    if (this.res.headersSent) {
      // Half an answer is out. Only a broken connection shows the client that it is incomplete.
      this.res.destroy();
      return;
    }
    if (problem.reason !== undefined) this.res.statusMessage = problem.reason;
    const body = JSON.stringify(problemBody(problem, this.id));
    this.answer(problem.status, { "Content-Type": "application/problem+json", ...problem.headers }, body);
  }

  #end(status: number, headers: Headers, content: Buffer | undefined): void {
    const { req, res } = this;
    this.bytes += content?.length ?? 0;
    this.writeHead(status, headers);
    if (!this.#isUnread() || !this.#bodyAccepted) {
      // A string leaves in one write with the head; a buffer needs a second write.
      if (content !== undefined && content.length <= JOINED) res.end(content.toString("latin1"), "latin1");
      else res.end(content);
      return;
    }
    // The client is still sending. Closing now would reset the connection, and the answer might be lost.
    if (content === undefined) res.flushHeaders();
    else res.write(content);
    req.resume();
    const close = () => res.end();
    this.#endLingering = close;
    const timer = setTimeout(close, LINGER_MS);
    req.once("end", close);
    res.once("close", () => clearTimeout(timer));
  }

  #isUnread(): boolean {
    return this.hasBody && !this.req.complete;
  }

  /** Node's parser lets a trailer field end the connection, so the client must learn that it ends. */
  #isLast(): boolean {
    const { rawTrailers, trailers } = this.req;
    return this.#isUnread() || (rawTrailers.length > 0 && trailers.connection !== undefined);
  }

  #entry() {
    const aborted = !this.res.writableFinished;
    const entry = {
      id: this.id,
      remote: this.remote,
      method: this.method,
      path: this.path,
      status: this.res.statusCode,
      bytes: this.bytes,
      ms: Math.round((performance.now() - this.#started) * 10) / 10,
      verdict: aborted && this.verdict === "ok" ? "aborted" : this.verdict,
      who: this.who,
    };
    // Most entries have none of these, and need no second object.
    if (this.received === 0 && this.cause === undefined && this.details === NO_DETAILS) return entry;
    return {
      ...entry,
      ...defined({ received: this.received > 0 ? this.received : undefined }),
      ...this.details,
      ...defined({ cause: this.cause === undefined ? undefined : describe(this.cause) }),
    };
  }
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
