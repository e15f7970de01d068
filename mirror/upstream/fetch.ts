/**
 * Asks an upstream over HTTP. Nothing it does can hold us for ever: the header, every pause and the number of
 * redirects are bounded, and a body that trickles is cut. Credentials in a URL go to its own origin only.
 */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { defined } from "../../base/defined.js";
import { UpstreamError } from "./errors.js";
import type { UpstreamLimits } from "./limits.js";

export interface UpstreamResponse {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** Where it came from, after redirects. */
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

/** @throws UpstreamError. Whoever gets an answer reads its body to the end or destroys it. */
export async function fetchUpstream(start: URL, options: FetchOptions): Promise<UpstreamResponse> {
  const { limits, upstream } = options;
  const until = Date.now() + limits.headersMs;
  const { username, password, origin } = start;
  const authorization =
    username === "" && password === ""
      ? undefined
      : `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64")}`;
  let url = new URL(start);
  for (let hops = 0; ; hops++) {
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw new UpstreamError(`the upstream ${upstream} redirects to ${url.protocol} which is not followed`, false);
    }
    url.username = "";
    url.password = "";
    const headers = {
      "User-Agent": "sallyport-mirror",
      ...options.headers,
      ...defined({ Authorization: authorization === undefined || url.origin !== origin ? undefined : authorization }),
    };
    const body = await answerOf(url, headers, until - Date.now(), options);
    const { statusCode: status = 0 } = body;
    if (!REDIRECTS.has(status)) return { status, headers: body.headers, url, body };
    body.destroy();
    const { location } = body.headers;
    if (hops >= limits.redirects) throw new UpstreamError(`the upstream ${upstream} redirects too often`, false);
    const next = location === undefined || !URL.canParse(location, url.href) ? undefined : new URL(location, url);
    if (next === undefined) throw new UpstreamError(`the upstream ${upstream} redirects to nowhere`, false);
    if (url.protocol === "https:" && next.protocol === "http:") {
      throw new UpstreamError(`the upstream ${upstream} redirects from https to http`, false);
    }
    url = next;
  }
}

function answerOf(
  url: URL,
  headers: Readonly<Record<string, string>>,
  ms: number,
  { upstream, limits, signal }: FetchOptions,
): Promise<IncomingMessage> {
  const secure = url.protocol === "https:";
  return new Promise((resolve, reject) => {
    const send = secure ? httpsRequest : httpRequest;
    const agent = secure ? agents["https:"] : agents["http:"];
    const request: ClientRequest = send(url, defined({ agent, headers, signal }));
    const late = new UpstreamError(`the upstream ${upstream} did not answer within ${limits.headersMs} ms`, true);
    const timer = setTimeout(() => request.destroy(late), Math.max(0, ms));
    request.on("error", (error) => {
      clearTimeout(timer);
      reject(error instanceof UpstreamError ? error : unreachable(upstream, error));
    });
    request.once("response", (response) => {
      clearTimeout(timer);
      watchBody(response, upstream, limits);
      resolve(response);
    });
    request.end();
  });
}

/** Cuts a body that pauses for too long or comes too slowly. */
function watchBody(body: IncomingMessage, upstream: string, limits: UpstreamLimits): void {
  const { idleMs, windowMs, minRate } = limits;
  // Unread bytes are our own slowness.
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
    if (now - moved >= idleMs) body.destroy(new UpstreamError(`the upstream ${upstream} fell silent`, true));
    else if (now - since >= windowMs) {
      if (bytesRead - read < (minRate * windowMs) / 1000)
        body.destroy(new UpstreamError(`the upstream ${upstream} sends too slowly`, false));
      since = now;
      read = bytesRead;
    }
  };
  const timer = setInterval(check, Math.max(50, Math.min(1_000, idleMs / 4))).unref();
  body.once("close", () => clearInterval(timer));
  // Whoever reads it hears it too; one that nobody reads must not end the process.
  body.on("error", () => undefined);
}

/** The body of an answer asked for with `Accept-Encoding: gzip`, whole. @throws UpstreamError */
export async function readDocument({ body, headers }: UpstreamResponse, options: FetchOptions): Promise<Buffer> {
  const { upstream, limits } = options;
  const late = new UpstreamError(`the upstream ${upstream} did not finish its index in ${limits.indexMs} ms`, true);
  const timer = setTimeout(() => body.destroy(late), limits.indexMs);
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
      if (bytes > limits.indexBytes) {
        throw new UpstreamError(`the upstream ${upstream} has an index of more than ${limits.indexBytes} bytes`, false);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, bytes);
  } catch (error) {
    body.destroy();
    throw error instanceof UpstreamError ? error : brokenOff(upstream, error);
  } finally {
    clearTimeout(timer);
  }
}

export const brokenOff = (upstream: string, cause: unknown) =>
  new UpstreamError(`the upstream ${upstream} broke off (${reasonOf(cause)})`, false, { cause });

const unreachable = (upstream: string, cause: unknown) =>
  new UpstreamError(`the upstream ${upstream} cannot be reached (${reasonOf(cause)})`, true, { cause });

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
