/** Asks address services on the Internet for this machine's public address. */
import { rootCertificates } from "node:tls";
import { defined } from "../../base/defined.js";
import { errorText } from "../../base/text/error-text.js";
import { networkCode } from "../../http/client/errors.js";
import { HttpClient, originAndPath } from "../../http/client/http-client.js";
import * as errors from "../errors.js";
import { isSecureUrl } from "../secure-url.js";
import type { ServiceResponse } from "./agree.js";

interface Service {
  readonly url: URL;
  /** Connect over this family only: the service returns the address that it sees. */
  readonly family?: 4 | 6;
}

/** Run by different parties on different networks; none needs a key. */
const SERVICES: readonly Service[] = [
  { url: new URL("https://checkip.amazonaws.com/"), family: 4 },
  { url: new URL("https://api.ipify.org/"), family: 4 },
  { url: new URL("https://ipv4.icanhazip.com/"), family: 4 },
  { url: new URL("https://v4.ident.me/"), family: 4 },
  { url: new URL("https://api6.ipify.org/"), family: 6 },
  { url: new URL("https://ipv6.icanhazip.com/"), family: 6 },
  { url: new URL("https://v6.ident.me/"), family: 6 },
];

const TIMEOUT_MS = 3_000;
/** The longest IPv6 text has 45 characters; more is a web page. */
const MAX_BYTES = 256;

/** Asks all services at once. Services that fail do not throw: their response holds the reason. */
export async function askServices(env: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<ServiceResponse[]> {
  const override = env.SALLYPORT_CALLER_SERVICES?.trim();
  const services = override ? override.split(/[\s,]+/).map((text) => ({ url: serviceUrl(text) })) : SERVICES;
  return Promise.all(services.map((service) => ask(service, env, signal)));
}

function serviceUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && isSecureUrl(url)) return url;
  throw errors.badService(text);
}

async function ask(
  { url, family }: Service,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<ServiceResponse> {
  const service = url.host;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  // Neither NODE_TLS_REJECT_UNAUTHORIZED nor NODE_EXTRA_CA_CERTS may choose the callers.
  const tls = { rejectUnauthorized: true, ca: [...rootCertificates] };
  const client = new HttpClient({
    via: defined({ kind: "proxy" as const, env, tls, family }),
    keepAlive: false,
    // The signal is the one limit.
    connectMs: 2 * TIMEOUT_MS,
    idleMs: 2 * TIMEOUT_MS,
  });
  try {
    const text = await get(client, url, signal === undefined ? timeout : AbortSignal.any([signal, timeout]));
    return { service, text };
  } catch (error) {
    signal?.throwIfAborted();
    return { service, failure: timeout.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : reason(error) };
  } finally {
    client.close();
  }
}

async function get(client: HttpClient, url: URL, signal: AbortSignal): Promise<string> {
  const { status, body } = await client.request({
    ...originAndPath(url),
    headers: { accept: "text/plain", "user-agent": "sallyport" },
    signal,
  });
  try {
    // A redirect would pass the question on to a service that was not chosen.
    if (status !== 200) throw new Error(`status ${status}`);
    let text = "";
    for await (const chunk of body.setEncoding("utf8")) {
      text += chunk;
      if (text.length > MAX_BYTES) break;
    }
    return text;
  } finally {
    body.destroy();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "no such name, or no network",
  EAI_AGAIN: "no such name, or no network",
  ENETUNREACH: "no route",
  EHOSTUNREACH: "no route",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
};

function reason(error: unknown): string {
  const code = networkCode(error);
  return (code === undefined ? undefined : REASONS[code]) ?? code ?? errorText(error);
}
