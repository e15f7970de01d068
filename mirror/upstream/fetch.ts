/**
 * Requests to an upstream over HTTP. Limits bound the wait for the header, each pause, the rate of the body and the
 * number of redirects, so no upstream can hold a request for ever. Credentials in a URL go to its own origin only.
 */
import { PassThrough, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { defined } from "../../base/defined.js";
import { HttpTimeout } from "../../http/client/errors.js";
import { HttpClient, type HttpResponse, originAndPath } from "../../http/client/http-client.js";
import { errorsOf, UpstreamError, type UpstreamErrors } from "./errors.js";
import type { UpstreamLimits } from "./limits.js";

export interface UpstreamResponse {
  readonly status: number;
  readonly headers: HttpResponse["headers"];
  /** Of the last request, after redirects. */
  readonly url: URL;
  readonly body: Readable;
}

export interface FetchOptions {
  readonly client: HttpClient;
  /** Names the upstream in errors. */
  readonly upstream: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly limits: UpstreamLimits;
  readonly signal?: AbortSignal;
}

const MAX_CONNECTIONS = 32;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** The client of one upstream. */
export function upstreamClient({ headersMs, idleMs }: UpstreamLimits): HttpClient {
  const via = { kind: "proxy", env: process.env } as const;
  return new HttpClient({ via, connections: MAX_CONNECTIONS, connectMs: headersMs, idleMs });
}

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
    const headers = defined({
      "User-Agent": "sallyport-mirror",
      ...options.headers,
      Authorization: url.origin === origin ? authorization : undefined,
    });
    const { status, headers: received, body } = await requestOnce(url, headers, until - Date.now(), options);
    if (!REDIRECTS.has(status)) return { status, headers: received, url, body };
    body.destroy();
    const { location } = received;
    if (hops >= limits.redirects) throw errors.badRedirect("too often");
    const next = location === undefined || !URL.canParse(location, url.href) ? undefined : new URL(location, url);
    if (next === undefined) throw errors.badRedirect("to nowhere");
    if (url.protocol === "https:" && next.protocol === "http:") throw errors.badRedirect("from https to http");
    url = next;
  }
}

async function requestOnce(
  url: URL,
  headers: Readonly<Record<string, string>>,
  ms: number,
  { client, upstream, limits, signal }: FetchOptions,
): Promise<HttpResponse> {
  const errors = errorsOf(upstream);
  const request = defined({ ...originAndPath(url), headers, answerMs: Math.max(0, ms), signal });
  const response = await client.request(request).catch((error: unknown) => {
    throw error instanceof HttpTimeout ? errors.late(limits.headersMs) : errors.unreachable(error);
  });
  return { ...response, body: watched(response.body, errors, limits) };
}

/** The body, cut if it pauses for too long or arrives too slowly. */
function watched(source: Readable, errors: UpstreamErrors, { windowMs, minRate, idleMs }: UpstreamLimits): Readable {
  const body = new PassThrough();
  let arrived = 0;
  source.on("data", (chunk: Buffer) => {
    arrived += chunk.length;
  });
  source.once("error", (error) => body.destroy(error instanceof HttpTimeout ? errors.silent() : error));
  source.pipe(body);
  let since = performance.now();
  let before = 0;
  const check = () => {
    const now = performance.now();
    // While bytes wait unread, this process is the slow one.
    if (body.readableLength > 0) [since, before] = [now, arrived];
    else if (now - since >= windowMs) {
      if (arrived - before < (minRate * windowMs) / 1000) body.destroy(errors.slow());
      [since, before] = [now, arrived];
    }
  };
  const timer = setInterval(check, Math.max(50, Math.min(1_000, idleMs / 4))).unref();
  body.once("close", () => {
    clearInterval(timer);
    source.destroy();
  });
  // A reader gets the error as well; without one, it must not end the process.
  body.on("error", () => undefined);
  return body;
}

/** Reads the whole body, unpacking gzip. @throws UpstreamError */
export async function readDocument(
  { body, headers }: UpstreamResponse,
  { upstream, limits }: Pick<FetchOptions, "upstream" | "limits">,
): Promise<Buffer> {
  const errors = errorsOf(upstream);
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
