/**
 * HTTP over verified sockets: one request, one response.
 *
 * Redirects are never followed, whatever their target. An unsuccessful response becomes a {@link Fault}. Connections
 * are kept alive and reused; each was verified when it was opened.
 */
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import { HttpTimeout, networkCode, networkText } from "../../http/client/errors.js";
import { HttpClient, type HttpRequest, type HttpResponse } from "../../http/client/http-client.js";
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
  /** Aborts every request in progress. */
  readonly signal?: AbortSignal;
  /** Milliseconds until a connection is open and verified. @default 10000 */
  readonly connectTimeout?: number;
  /** Milliseconds without a single byte. @default 60000 */
  readonly idleTimeout?: number;
}

export interface Exchange {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Sent as it is: dots and percent signs are not normalised. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the response begins, for requests that make the host work first. @default idleTimeout */
  readonly answerTimeout?: number;
  /** Whether to send the token. @default true */
  readonly authenticated?: boolean;
  /** Statuses that are no failure, besides 2xx. */
  readonly alsoAccepts?: readonly number[];
  /** Returns the response whatever its status, redirects and errors included. @default false */
  readonly anyStatus?: boolean;
}

export class Transport {
  readonly host: string;
  readonly port: number;
  readonly trust: Trust;
  /** `host:port`, for messages. */
  readonly at: string;
  readonly #options: TransportOptions;
  readonly #http: HttpClient;

  constructor(options: TransportOptions) {
    const { host, trust, connectTimeout, idleTimeout } = options;
    const port = options.port ?? (trust.kind === "plain" ? 80 : 443);
    this.host = host;
    this.trust = trust;
    this.port = port;
    this.at = errors.endpoint(host, port);
    this.#options = options;
    // A host's agent is contacted directly, whatever proxy the environment names.
    const openConnection = (signal: AbortSignal) =>
      openVerified(defined({ host, port, trust, signal, connectTimeout }));
    this.#http = new HttpClient(defined({ via: { kind: "own", openConnection } as const, idleMs: idleTimeout }));
  }

  /** Aborts when every request in progress does. */
  get signal(): AbortSignal | undefined {
    return this.#options.signal;
  }

  /** Resolves with the head of a successful response. The body has yet to be read. */
  async send(exchange: Exchange): Promise<HttpResponse> {
    const { method, path, headers, body, answerTimeout, authenticated = true } = exchange;
    const { token, idleTimeout = 60_000 } = this.#options;
    const signal = anySignal(this.#options.signal, exchange.signal);
    const request: HttpRequest = defined({
      origin: `${this.trust.kind === "plain" ? "http" : "https"}://${this.at}`,
      method,
      path,
      headers: {
        ...headers,
        // The agent then says that it is still at work.
        ...defined({ Prefer: answerTimeout === undefined ? undefined : "processing" }),
        ...defined({ Authorization: token === undefined || !authenticated ? undefined : `Bearer ${token}` }),
      },
      body,
      signal,
      answerMs: Math.max(answerTimeout ?? 0, idleTimeout),
    });
    const response = await this.#http.request(request).catch((error: unknown) => {
      throw error instanceof HttpTimeout
        ? errors.noAnswer(this.at, idleTimeout)
        : transferFault(error, this.at, signal);
    });
    const { status } = response;
    if (exchange.anyStatus === true || (status >= 200 && status < 300)) return response;
    if (exchange.alsoAccepts?.includes(status) === true) return response;
    if (status >= 300 && status < 400 && status !== 304) {
      response.body.destroy();
      throw errors.redirected(this.at, status, response.headers.location ?? "");
    }
    throw await faultIn(response, path);
  }

  /** Closes all connections, including those in use. */
  close(): void {
    this.#http.close();
  }
}

/** Turns the failure of a transfer into a fault of this room. A fault stays as it is. */
export function transferFault(error: unknown, at: string, signal: AbortSignal | undefined): Fault {
  if (signal?.aborted === true) return errors.aborted(error);
  if (error instanceof Fault) return error;
  if (error instanceof HttpTimeout) return errors.noAnswer(at, error.milliseconds);
  return errors.broken(at, networkCode(error) ?? networkText(error), error);
}

function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length < 2 ? given[0] : AbortSignal.any(given);
}
