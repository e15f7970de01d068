/**
 * Fetches a document over HTTPS, whole or not at all.
 *
 * The list opens the firewall, so it must come from the named server: neither the environment
 * (NODE_EXTRA_CA_CERTS, NODE_TLS_REJECT_UNAUTHORIZED) nor a redirect to another server has any
 * influence, and a truncated body is refused.
 */
import { X509Certificate } from "node:crypto";
import { checkServerIdentity, rootCertificates } from "node:tls";
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import { BodyTooLarge } from "../../http/client/errors.js";
import { HttpClient, type HttpResponse, originAndPath, type TlsSettings } from "../../http/client/http-client.js";
import { readBody } from "../../http/client/read-body.js";
import { decode } from "./decode.js";
import * as faults from "./faults.js";
import { reasonOf } from "./reason.js";

export interface FetchOptions {
  /** Name of the source in messages. */
  readonly name: string;
  /** Value of the `Authorization` header. */
  readonly authorization?: string;
  /** PEM: trusted in place of the public authorities. The server's own certificate, or its authority's. */
  readonly certificate?: string;
  /** @default 1 MiB */
  readonly maxBytes?: number;
  /** Time limit for everything, redirects included. @default 15000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const MAX_REDIRECTS = 3;

export async function fetchDocument(address: string, options: FetchOptions): Promise<string> {
  const { name, signal, timeoutMs = 15_000 } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const client = new HttpClient({
    via: { kind: "proxy", env: process.env, tls: trust(options.certificate) },
    // The next run verifies anew: its certificate may be another.
    keepAlive: false,
    // The signal above is the one limit.
    connectMs: 2 * timeoutMs,
    idleMs: 2 * timeoutMs,
  });
  try {
    let url = new URL(address);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const response = await get(client, url, options, either);
      if ("bytes" in response) return decode(response.bytes, name);
      url = nextUrl(url, response.location, name);
    }
    throw faults.tooManyRedirects(name, MAX_REDIRECTS + 1);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Fault) throw error;
    if (timeout.aborted) throw faults.unreachable(name, `no answer within ${timeoutMs / 1000} s`);
    if (error instanceof BodyTooLarge) throw faults.tooLarge(name, error.maxBytes);
    throw faults.unreachable(name, reasonOf(error), error);
  } finally {
    client.close();
  }
}

/** A redirect may lead only to another path of the same server. */
function nextUrl(from: URL, location: string, name: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to === undefined || to.origin !== from.origin || to.username !== "" || to.password !== "") {
    throw faults.redirected(name, to === undefined ? location : `${to.origin}${to.pathname}`);
  }
  return to;
}

/** The body, or the target of a redirect. */
type DocumentResponse = { readonly bytes: Buffer } | { readonly location: string };

async function get(
  client: HttpClient,
  url: URL,
  { name, authorization, maxBytes = 1024 * 1024 }: FetchOptions,
  signal: AbortSignal,
): Promise<DocumentResponse> {
  const { status, headers, body } = await client.request({
    ...originAndPath(url),
    headers: defined({
      accept: "application/json, text/plain;q=0.5",
      "accept-encoding": "identity",
      "user-agent": "sallyport",
      authorization,
    }),
    signal,
  });
  try {
    return await read({ status, headers, body }, name, maxBytes);
  } finally {
    body.destroy();
  }
}

function trust(pem: string | undefined): TlsSettings {
  if (pem === undefined) return { rejectUnauthorized: true, ca: [...rootCertificates] };
  const own = new X509Certificate(pem);
  return {
    rejectUnauthorized: true,
    ca: pem,
    // A certificate for "*" names no host; the given one is recognized by its fingerprint.
    checkServerIdentity: (host, shown) =>
      own.subjectAltName === "DNS:*" && shown.fingerprint256 === own.fingerprint256
        ? undefined
        : checkServerIdentity(host, shown),
  };
}

async function read(
  { status, headers, body }: Pick<HttpResponse, "status" | "headers" | "body">,
  name: string,
  maxBytes: number,
): Promise<DocumentResponse> {
  if ([301, 302, 303, 307, 308].includes(status) && headers.location !== undefined) {
    return { location: headers.location };
  }
  if (status !== 200) throw faults.badStatus(name, status);
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw faults.encoded(name, encoding);
  return { bytes: await readBody(body, maxBytes) };
}
