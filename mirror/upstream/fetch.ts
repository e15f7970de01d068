/**
 * Requests to an upstream over HTTP. Limits bound the wait for the header, each pause, the rate of the body and the
 * number of redirects, so no upstream can hold a request for ever. Credentials in a URL go to its own origin only.
 */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { defined } from "../../base/defined.js";
import { errorsOf, UpstreamError, type UpstreamErrors } from "./errors.js";
import type { UpstreamLimits } from "./limits.js";

export interface UpstreamResponse {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** Of the last request, after redirects. */
  readonly url: URL;
  readonly body: IncomingMessage;
}

export interface FetchOptions {
  /** Names the upstream in errors. */
  readonly upstream: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly limits: UpstreamLimits;
  readonly signal?: AbortSignal;
}

const agents = {
  "http:": new HttpAgent({ keepAlive: true, maxSockets: 32, keepAliveMsecs: 10_000 }),
  "https:": new HttpsAgent({ keepAlive: true, maxSockets: 32, keepAliveMsecs: 10_000 }),
} as const;

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** The caller reads the body to its end, or destroys it. @throws UpstreamError */
export async function fetchUpstream(start: URL, options: FetchOptions): Promise<UpstreamResponse> {
  const { limits } = options;
  const errors = errorsOf(options.upstream);
  const until = Date.now() + limits.headersMs;
  const { username, password, origin } = start;
  const authorization =
    username === "" && password === ""
      ? undefined
      : `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64")}`;
  let url = new URL(start);
  for (let hops = 0; ; hops++) {
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw errors.badRedirect(`to ${url.protocol} which is not followed`);
    }
    url.username = "";
    url.password = "";
    const headers = {
      "User-Agent": "sallyport-mirror",
      ...options.headers,
      ...defined({ Authorization: authorization === undefined || url.origin !== origin ? undefined : authorization }),
    };
    const body = await requestOnce(url, headers, until - Date.now(), options);
    const { statusCode: status = 0 } = body;
    if (!REDIRECTS.has(status)) return { status, headers: body.headers, url, body };
    body.destroy();
    const { location } = body.headers;
    if (hops >= limits.redirects) throw errors.badRedirect("too often");
    const next = location === undefined || !URL.canParse(location, url.href) ? undefined : new URL(location, url);
    if (next === undefined) throw errors.badRedirect("to nowhere");
    if (url.protocol === "https:" && next.protocol === "http:") {
      throw errors.badRedirect("from https to http");
    }
    url = next;
  }
}

function requestOnce(
  url: URL,
  headers: Readonly<Record<string, string>>,
  ms: number,
  { upstream, limits, signal }: FetchOptions,
): Promise<IncomingMessage> {
  const errors = errorsOf(upstream);
  const secure = url.protocol === "https:";
  return new Promise((resolve, reject) => {
    const send = secure ? httpsRequest : httpRequest;
    const agent = secure ? agents["https:"] : agents["http:"];
    const request: ClientRequest = send(url, defined({ agent, headers, signal }));
    const timer = setTimeout(() => request.destroy(errors.late(limits.headersMs)), Math.max(0, ms));
    request.on("error", (error) => {
      clearTimeout(timer);
      reject(error instanceof UpstreamError ? error : errors.unreachable(error));
    });
    request.once("response", (response) => {
      clearTimeout(timer);
      watchBody(response, errors, limits);
      resolve(response);
    });
    request.end();
  });
}

/** Cuts a body that pauses for too long or arrives too slowly. */
function watchBody(body: IncomingMessage, errors: UpstreamErrors, limits: UpstreamLimits): void {
  const { idleMs, windowMs, minRate } = limits;
  // While bytes wait unread, this process is the slow one.
  let read = body.socket.bytesRead;
  let since = performance.now();
  let moved = since;
  let last = read;
  const check = () => {
    const now = performance.now();
    const { bytesRead } = body.socket;
    if (body.readableLength > 0) {
      since = moved = now;
      read = last = bytesRead;
      return;
    }
    if (bytesRead > last) {
      moved = now;
      last = bytesRead;
    }
    if (now - moved >= idleMs) body.destroy(errors.silent());
    else if (now - since >= windowMs) {
      if (bytesRead - read < (minRate * windowMs) / 1000) body.destroy(errors.slow());
      since = now;
      read = bytesRead;
    }
  };
  const timer = setInterval(check, Math.max(50, Math.min(1_000, idleMs / 4))).unref();
  body.once("close", () => clearInterval(timer));
  // A reader gets the error as well; without one, it must not end the process.
  body.on("error", () => undefined);
}

/** Reads the whole body, unpacking gzip. @throws UpstreamError */
export async function readDocument({ body, headers }: UpstreamResponse, options: FetchOptions): Promise<Buffer> {
  const { limits } = options;
  const errors = errorsOf(options.upstream);
  const timer = setTimeout(() => body.destroy(errors.indexLate(limits.indexMs)), limits.indexMs);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    const gzip = /^(?:x-)?gzip$/i.test(headers["content-encoding"] ?? "");
    let source: Readable = body;
    if (gzip) {
      const unpack = createGunzip();
      body.once("error", (error) => unpack.destroy(error));
      source = body.pipe(unpack);
    }
    for await (const chunk of source as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.indexBytes) throw errors.indexTooBig(limits.indexBytes);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, bytes);
  } catch (error) {
    body.destroy();
    throw error instanceof UpstreamError ? error : errors.brokenOff(error);
  } finally {
    clearTimeout(timer);
  }
}
