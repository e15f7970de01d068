/**
 * A document over HTTPS, whole or not at all.
 *
 * The list that comes back opens doors, so nobody but who was named may write it: neither the
 * environment (NODE_EXTRA_CA_CERTS, NODE_TLS_REJECT_UNAUTHORIZED) nor a redirect to somebody else
 * has a say, and what is cut off in the middle does not count.
 */
import { X509Certificate } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { checkServerIdentity, rootCertificates } from "node:tls";
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import { decode } from "./decode.js";
import * as faults from "./faults.js";
import { reasonOf } from "./reason.js";

export interface FetchOptions {
  /** How messages call the source. */
  readonly name: string;
  /** Value of the `Authorization` header. */
  readonly authorization?: string;
  /** PEM: trusted in place of the public authorities. The server's own certificate, or its authority's. */
  readonly certificate?: string;
  /** @default 1 MiB */
  readonly maxBytes?: number;
  /** For all of it, redirects included. @default 15000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const MAX_REDIRECTS = 3;

export async function fetchDocument(address: string, options: FetchOptions): Promise<string> {
  const { name, signal, timeoutMs = 15_000 } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  try {
    let url = new URL(address);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const answer = await get(url, options, either);
      if ("bytes" in answer) return decode(answer.bytes, name);
      url = nextUrl(url, answer.location, name);
    }
    throw faults.tooManyRedirects(name, MAX_REDIRECTS + 1);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Fault) throw error;
    if (timeout.aborted) throw faults.unreachable(name, `no answer within ${timeoutMs / 1000} s`);
    throw faults.unreachable(name, reasonOf(error), error);
  }
}

/** Where a redirect may lead: to another path of the same server, and nowhere else. */
function nextUrl(from: URL, location: string, name: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to === undefined || to.origin !== from.origin || to.username !== "" || to.password !== "") {
    throw faults.redirected(name, to === undefined ? location : `${to.origin}${to.pathname}`);
  }
  return to;
}

/** The body, or where the server says it is. */
type DocumentResponse = { readonly bytes: Buffer } | { readonly location: string };

function get(url: URL, options: FetchOptions, signal: AbortSignal): Promise<DocumentResponse> {
  const { authorization } = options;
  const headers = defined({
    accept: "application/json, text/plain;q=0.5",
    "accept-encoding": "identity",
    "user-agent": "sallyport",
    authorization,
  });
  // No connection is kept for the next run: what it was verified against may have changed by then.
  const common = { headers, signal, agent: false };
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage) => {
      read(response, options).then(resolve, (error: unknown) => {
        response.destroy();
        reject(error);
      });
    };
    const request =
      url.protocol === "http:"
        ? httpRequest(url, common, onResponse)
        : httpsRequest(url, { ...common, ...trust(options.certificate) }, onResponse);
    request.on("error", reject);
    request.end();
  });
}

function trust(pem: string | undefined): RequestOptions {
  if (pem === undefined) return { rejectUnauthorized: true, ca: [...rootCertificates] };
  const own = new X509Certificate(pem);
  return {
    rejectUnauthorized: true,
    ca: pem,
    // A certificate for "*" names nobody; the one that was given is known by what it is.
    checkServerIdentity: (host, shown) =>
      own.subjectAltName === "DNS:*" && shown.fingerprint256 === own.fingerprint256
        ? undefined
        : checkServerIdentity(host, shown),
  };
}

async function read(
  response: IncomingMessage,
  { name, maxBytes = 1024 * 1024 }: FetchOptions,
): Promise<DocumentResponse> {
  const { statusCode: status = 0, headers } = response;
  if ([301, 302, 303, 307, 308].includes(status) && headers.location !== undefined) {
    response.destroy();
    return { location: headers.location };
  }
  if (status !== 200) throw faults.badStatus(name, status);
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw faults.encoded(name, encoding);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw faults.tooLarge(name, maxBytes);
    chunks.push(chunk);
  }
  if (!response.complete) throw faults.unreachable(name, "the answer was cut off");
  return { bytes: Buffer.concat(chunks) };
}
