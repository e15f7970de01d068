/**
 * The one HTTP client for what this kit asks of others. It follows no redirect, adds nothing to a path, and accepts no
 * status as an error: what an answer means is its caller's business.
 *
 * Nothing is sent before the peer is verified. Either `openConnection` hands out a socket that was, or TLS itself checks
 * the certificate against the given roots before the connection is used. No TLS session is resumed, since a resumed one
 * is not checked again.
 */
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { setImmediate as nextTick } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";
import { Agent, buildConnector, type Dispatcher, Pool, ProxyAgent } from "undici";
import { defined } from "../../base/defined.js";
import { errno } from "../../base/fault.js";
import { HttpTimeout, isCutOff } from "./errors.js";
import { proxyFor } from "./proxy.js";
import { watchBody } from "./watch-body.js";

export interface HttpClientOptions {
  /** How the peer is reached and verified. @default - directly, with Node's roots */
  readonly via?: Via;
  /** Connections to one origin. @default - as many as there are requests */
  readonly connections?: number;
  /** Whether a connection is kept for the next request. @default true */
  readonly keepAlive?: boolean;
  /** Milliseconds until a connection is open. An `openConnection` has a limit of its own. @default 10000 */
  readonly connectMs?: number;
  /** Milliseconds in which no byte moves, in either direction. @default 60000 */
  readonly idleMs?: number;
}

export type TlsSettings = Pick<
  ConnectionOptions,
  "ca" | "checkServerIdentity" | "ciphers" | "minVersion" | "rejectUnauthorized"
>;

type Via =
  /** Sockets that are opened, and verified, by the caller's own code. */
  | { readonly kind: "own"; readonly openConnection: (signal: AbortSignal) => Promise<Socket> }
  | { readonly kind: "direct"; readonly tls?: TlsSettings }
  /**
   * Through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name for the request, if they name one: for all that
   * leaves this machine. Never for a host's agent, which verifies the address that the connection comes from.
   */
  | {
      readonly kind: "proxy";
      readonly env: NodeJS.ProcessEnv;
      readonly tls?: TlsSettings;
      /** For requests that meet no proxy: a proxy chooses by itself. */
      readonly family?: 4 | 6;
    };

export interface HttpRequest {
  /** `https://HOST[:PORT]`. */
  readonly origin: string;
  /** Sent as it is: dots and percent signs are not tidied. */
  readonly path: string;
  /** @default "GET" */
  readonly method?: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: AsyncIterable<Uint8Array> | Uint8Array;
  readonly signal?: AbortSignal;
  /**
   * Milliseconds from the last byte sent, or from an interim answer (102), to the head of the answer.
   *
   * @default - `idleMs` of the client
   */
  readonly answerMs?: number;
  /** Milliseconds for all of it, the body of the answer included. @default - none */
  readonly totalMs?: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  /** By lower-case name. A header that was sent more than once is joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The caller reads it to its end, or destroys it. */
  readonly body: Readable;
}

export class HttpClient {
  readonly #direct: Dispatcher;
  readonly #env: NodeJS.ProcessEnv;
  readonly #proxies = new Map<string, Dispatcher>();
  readonly #openProxy: (proxy: URL) => Dispatcher;
  readonly #idleMs: number;
  readonly #closing = new AbortController();
  #opened = 0;

  constructor(options: HttpClientOptions = {}) {
    const { via = { kind: "direct" }, keepAlive = true, connectMs = 10_000, idleMs = 60_000 } = options;
    this.#idleMs = idleMs;
    const common = defined({
      connections: options.connections,
      pipelining: keepAlive ? 1 : 0,
      headersTimeout: 0,
      // undici refuses fractions of a millisecond.
      bodyTimeout: Math.ceil(idleMs),
    });
    this.#env = via.kind === "proxy" ? via.env : {};
    this.#openProxy = (proxy) => {
      const tls = via.kind === "own" ? undefined : via.tls;
      const timeout = connectMs;
      return new ProxyAgent({
        ...common,
        uri: proxy.href,
        proxyTls: { timeout },
        requestTls: { ...tls, timeout, maxCachedSessions: 0 },
        // Proxies that allow CONNECT to 443 alone are the rule.
        proxyTunnel: false,
        factory: (origin, settings) => new Pool(origin, { ...common, ...settings }),
      });
    };
    const open: buildConnector.connector =
      via.kind === "own"
        ? (_, callback) => {
            via.openConnection(this.#closing.signal).then(
              (socket) => callback(null, socket),
              (error: Error) => callback(error, null),
            );
          }
        : buildConnector({ ...via.tls, ...familyOf(via), timeout: connectMs, maxCachedSessions: 0 });
    const connect: buildConnector.connector = (to, callback) => {
      this.#opened += 1;
      open(to, callback);
    };
    this.#direct = new Agent({ ...common, connect });
  }

  /**
   * Resolves with the head of the answer; its body has yet to be read.
   *
   * @throws HttpTimeout; the reason of `signal`; whatever the connection failed with, see `networkCode`.
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    const { method = "GET", body, signal } = request;
    // Undici gives a connection back one turn of the event loop after the end of its answer.
    await nextTick();
    const opened = this.#opened;
    try {
      return await this.#once(request);
    } catch (error) {
      // The peer closed a kept connection just as we used it; what only reads may be asked again.
      const mayRepeat = body === undefined && (method === "GET" || method === "HEAD");
      if (!mayRepeat || !isCutOff(error) || this.#opened !== opened || signal?.aborted === true) throw error;
      return this.#once(request);
    }
  }

  /** Closes idle connections and ends what is under way. */
  close(): void {
    this.#closing.abort(new Error("the client was closed"));
    for (const dispatcher of [this.#direct, ...this.#proxies.values()]) dispatcher.destroy().catch(() => undefined);
  }

  #dispatcherFor(origin: string): Dispatcher {
    const proxy = proxyFor(new URL(origin), this.#env);
    if (proxy === undefined) return this.#direct;
    const known = this.#proxies.get(proxy.href) ?? this.#openProxy(proxy);
    this.#proxies.set(proxy.href, known);
    return known;
  }

  async #once(request: HttpRequest): Promise<HttpResponse> {
    const { method = "GET", origin, path, headers = {}, body, answerMs = this.#idleMs, totalMs } = request;
    const dispatcher = this.#dispatcherFor(origin);
    const limit = new AbortController();
    const signals = [request.signal, limit.signal, totalMs === undefined ? undefined : totalLimit(totalMs)];
    // Before the head of the answer one limit holds for each step: a chunk that is taken, or the answer.
    let timer: NodeJS.Timeout | undefined;
    const restart = () => {
      clearTimeout(timer);
      timer = setTimeout(() => limit.abort(new HttpTimeout("idle", answerMs)), answerMs);
    };
    const watched = body === undefined || body instanceof Uint8Array ? undefined : watchBody(body, restart);
    restart();
    try {
      const response = await dispatcher.request({
        origin,
        path,
        method,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        onInfo: restart,
        signal: AbortSignal.any(signals.filter((signal) => signal !== undefined)),
        // Its types lack the iterables that undici takes.
        body: (watched?.chunks ?? body ?? null) as Uint8Array | null,
      });
      tellOwnTimeout(response.body, this.#idleMs);
      // A reader gets the error as well; without one, it must not end the process.
      response.body.on("error", () => undefined);
      return {
        status: response.statusCode,
        statusText: response.statusText,
        headers: joined(response.headers),
        body: response.body,
      };
    } finally {
      clearTimeout(timer);
      watched?.stop();
    }
  }
}

/** Where a URL leads. Credentials and the fragment are left out. */
export function originAndPath({ origin, pathname, search }: URL): Pick<HttpRequest, "origin" | "path"> {
  return { origin, path: pathname + search };
}

/** A body that stands still ends with the same error as an answer that does not come. */
function tellOwnTimeout(body: Readable, idleMs: number): void {
  const destroy = body._destroy.bind(body);
  body._destroy = (error, callback) =>
    destroy(errno(error) === "UND_ERR_BODY_TIMEOUT" ? new HttpTimeout("idle", idleMs) : error, callback);
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): HttpResponse["headers"] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
}

function totalLimit(milliseconds: number): AbortSignal {
  const limit = new AbortController();
  setTimeout(() => limit.abort(new HttpTimeout("total", milliseconds)), milliseconds).unref();
  return limit.signal;
}

// Only a given family turns off the race between the two.
const familyOf = (via: Via) =>
  via.kind === "proxy" && via.family !== undefined ? { family: via.family, autoSelectFamily: false } : {};
