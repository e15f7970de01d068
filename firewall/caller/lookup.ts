/** Finds the callers: from the program, the environment or the configuration, else from address services. */
import { rootCertificates } from "node:tls";
import { defined } from "../../base/defined.js";
import { errorText } from "../../base/text/error-text.js";
import { networkCode } from "../../http/client/errors.js";
import { HttpClient, originAndPath } from "../../http/client/http-client.js";
import { Cidr, uniqueCidrs } from "../../net/cidr.js";
import * as errors from "../errors.js";
import { isSecureUrl } from "../secure-url.js";
import { agreeOnCaller, type ServiceResponse } from "./agree.js";

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

export interface ResolvedCaller {
  /** Sorted, each once. */
  readonly callers: readonly Cidr[];
  readonly from: "prop" | "SALLYPORT_CALLER" | "configuration" | "lookup";
  /** Disagreements and failures of single services during a successful lookup. */
  readonly objections: readonly string[];
}

/**
 * The addresses that may reach the hosts: those of the program, else of `SALLYPORT_CALLER`, else of the
 * configuration, else (`auto`) this machine's public address, as the address services agree.
 */
export async function resolveCaller(
  configured: "auto" | readonly string[],
  env: NodeJS.ProcessEnv,
  options: { readonly caller?: readonly string[]; readonly signal?: AbortSignal } = {},
): Promise<ResolvedCaller> {
  if (options.caller !== undefined) return named(options.caller, "prop", "caller");
  const fromEnv = env.SALLYPORT_CALLER?.trim();
  if (fromEnv !== undefined && fromEnv !== "" && fromEnv !== "auto") {
    return named(fromEnv.split(/[\s,]+/).filter(Boolean), "SALLYPORT_CALLER", "SALLYPORT_CALLER");
  }
  if (configured !== "auto") return named(configured, "configuration", "caller:");
  const { callers, objections } = agreeOnCaller(await askServices(env, options.signal));
  if (callers.length === 0) throw errors.callerUnknown(summary(objections));
  return { callers, from: "lookup", objections };
}

function named(texts: readonly string[], from: ResolvedCaller["from"], label: string): ResolvedCaller {
  if (texts.length === 0) throw errors.noCaller(label);
  const callers = texts.map((text) => {
    const cidr = Cidr.of(text);
    if (cidr.isEverybody) throw errors.everybody(text);
    return cidr;
  });
  return { callers: uniqueCidrs(callers), from, objections: [] };
}

/** The reasons of all services in one line. */
function summary(objections: readonly string[]): string {
  const reasons = new Set(objections.map((line) => line.slice(line.indexOf(": ") + 2)));
  const [only] = reasons;
  if (reasons.size === 1 && only !== undefined) return `${only} (${objections.length} services asked)`;
  const shown = objections.slice(0, 4).join("; ");
  return objections.length > 4 ? `${shown}; and ${objections.length - 4} more` : shown;
}

async function askServices(env: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<ServiceResponse[]> {
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
