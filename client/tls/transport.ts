/**
 * HTTP over verified sockets: one request in, one answer out.
 *
 * Redirects are never followed, whatever they point to. An answer that is no success becomes a
 * {@link Fault}. Connections are kept and reused; each was verified by itself when it was opened.
 */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { pipeline, type Readable } from "node:stream";
import { defined } from "../../base/defined.js";
import { errno, Fault } from "../../base/fault.js";
import { errorText } from "../../base/text/error-text.js";
import { faultIn } from "../agent/problem.js";
import * as errors from "../errors.js";
import type { Trust } from "./trust.js";
import { openVerified } from "./verified-socket.js";

export interface TransportOptions {
  readonly host: string;
  /** @default 443, or 80 without TLS */
  readonly port?: number;
  readonly trust: Trust;
  readonly token?: string;
  /** Ends every request that is under way. */
  readonly signal?: AbortSignal;
  /** Milliseconds until a connection is open and verified. @default 10000 */
  readonly connectTimeout?: number;
  /** Milliseconds in which no byte moves. @default 60000 */
  readonly idleTimeout?: number;
}

export interface Exchange {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Sent as it is: dots and percent signs are not tidied. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Readable;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the answer begins, where the host has to work first. @default idleTimeout */
  readonly answerTimeout?: number;
  /** @default true; without it the token is left out */
  readonly authenticated?: boolean;
  /** Hands every status to the caller, redirects and errors too. @default false */
  readonly anyStatus?: boolean;
}

export class Transport {
  readonly host: string;
  readonly port: number;
  readonly trust: Trust;
  /** `host:port`, for messages. */
  readonly at: string;
  readonly #options: TransportOptions;
  readonly #agent: HttpAgent;

  constructor(options: TransportOptions) {
    this.host = options.host;
    this.trust = options.trust;
    this.port = options.port ?? (options.trust.kind === "plain" ? 80 : 443);
    this.at = errors.endpoint(this.host, this.port);
    this.#options = options;
    this.#agent = this.#verifiedAgent();
  }

  /** Resolves with the head of a successful answer; its body has yet to be read. */
  async send(exchange: Exchange): Promise<IncomingMessage> {
    const signal = anySignal(this.#options.signal, exchange.signal);
    const response = await this.#attempt(exchange, signal);
    const status = response.statusCode ?? 0;
    if (exchange.anyStatus === true || (status >= 200 && status < 300)) return response;
    if (status >= 300 && status < 400 && status !== 304) {
      response.destroy();
      throw errors.redirected(this.at, status, response.headers.location ?? "");
    }
    throw await faultIn(response, exchange.path);
  }

  /** Closes idle connections; requests under way end by their signal. */
  close(): void {
    this.#agent.destroy();
  }

  async #attempt(exchange: Exchange, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    let reused = false;
    const once = () => this.#exchange(exchange, signal, () => (reused = true));
    try {
      return await once();
    } catch (error) {
      // The host closed a kept connection just as we used it; what only reads may be asked again.
      const reads = exchange.method === "GET" || exchange.method === "HEAD";
      const stale = reused && reads && ["ECONNRESET", "EPIPE"].includes(errno(causeOf(error)) ?? "");
      if (!stale || signal?.aborted === true) throw error;
      return once();
    }
  }

  #exchange(exchange: Exchange, signal: AbortSignal | undefined, onReuse: () => void): Promise<IncomingMessage> {
    const { method, path, body, authenticated = true } = exchange;
    const { token, idleTimeout = 60_000 } = this.#options;
    const send = this.trust.kind === "plain" ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
      const request = send(
        defined({
          agent: this.#agent,
          host: this.host,
          port: this.port,
          method,
          path,
          headers: {
            ...exchange.headers,
            ...defined({ Authorization: token === undefined || !authenticated ? undefined : `Bearer ${token}` }),
          },
          signal,
        }),
      );
      let response: IncomingMessage | undefined;
      const fail = (error: Error) => reject(this.#fault(error, signal));
      request.setTimeout(Math.max(exchange.answerTimeout ?? 0, idleTimeout));
      request.on("timeout", () => {
        // With bytes waiting to be taken it is our side that is slow, as with "get - | less".
        if (response !== undefined && response.readableLength > 0) return;
        // Destroying the request would discard the answer without a reason.
        (response ?? request).destroy(errors.noAnswer(this.at, idleTimeout));
      });
      request.on("error", fail);
      request.on("response", (incoming) => {
        response = incoming;
        if (request.reusedSocket) onReuse();
        request.setTimeout(idleTimeout);
        if (body !== undefined && !request.writableEnded) {
          // An early answer (401, 412, 507 …) ends the upload: nobody reads the rest.
          body.unpipe(request);
          incoming.once("end", () => request.destroy());
        }
        resolve(incoming);
      });
      request.on("socket", () => request.reusedSocket && onReuse());
      if (body === undefined) request.end();
      else pipeline(body, request, (error) => error && response === undefined && fail(error));
    });
  }

  #verifiedAgent(): HttpAgent {
    const agent: HttpAgent =
      this.trust.kind === "plain" ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true });
    const { connectTimeout } = this.#options;
    agent.createConnection = (options: { signal?: AbortSignal | undefined }, callback) => {
      openVerified(
        defined({
          host: this.host,
          port: this.port,
          trust: this.trust,
          signal: options.signal,
          connectTimeout,
        }),
      ).then(
        (socket) => callback?.(null, socket),
        // Node reads no stream where there is an error; its types ask for one.
        (error: Error) => (callback as ((error: Error) => void) | undefined)?.(error),
      );
      return undefined;
    };
    return agent;
  }

  #fault(error: Error, signal: AbortSignal | undefined): Fault {
    return transferFault(error, this.at, signal);
  }
}

/** A broken transfer in the words of this room; what is a fault already stays as it is. */
export function transferFault(error: unknown, at: string, signal: AbortSignal | undefined): Fault {
  if (signal?.aborted === true) return errors.aborted(error);
  if (error instanceof Fault) return error;
  const detail = errorText(error);
  return errors.broken(at, errno(error) ?? detail, error);
}

export function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length < 2 ? given[0] : AbortSignal.any(given);
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
