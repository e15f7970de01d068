/** Requests to the server that serves this page. */
import { Refused } from "../../../page/app/api.js";

/** A refusal, with both lines of its error as its message. */
export class RefusedByServer extends Refused {
  constructor(
    status: number,
    message: string,
    /** As in a Fault; empty without an answer. */
    readonly code: string,
  ) {
    super(status, message);
  }
}

export interface Api {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: object): Promise<T>;
  remove(path: string): Promise<void>;
  /** @returns the answer with its content still to come. @param signal ends it. */
  stream(path: string, signal: AbortSignal): Promise<Response>;
  /** For requests that report their progress. */
  readonly headers: Readonly<Record<string, string>>;
}

const LIMITS = { cache: "no-store", credentials: "same-origin", redirect: "error" } as const;
const GONE = 'the server does not answer\nis "sallyport ui" still running?';
/** Changes of access ask EC2 several times. */
const PATIENCE_MS = 120_000;

/** @param key of the session; empty for signing in. */
export function createApi(key: string): Api {
  const headers = { Accept: "application/json", "X-Sallyport-Key": key };
  const send = async (path: string, init: RequestInit = {}) => {
    const request = { ...LIMITS, ...init, headers: { ...headers, ...init.headers } };
    const response = await fetch(path, request).catch(() => {
      throw new RefusedByServer(0, GONE, "");
    });
    if (response.ok) return response;
    throw refusalOf(response.status, await response.text().catch(() => ""));
  };
  const ask = async (path: string, init?: RequestInit) => {
    const response = await send(path, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
    return response.status === 204 ? undefined : await response.json();
  };
  return {
    headers,
    get: (path) => ask(path),
    post: (path, body = {}) =>
      ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    remove: async (path) => void (await ask(path, { method: "DELETE" })),
    stream: (path, signal) => send(path, { signal }),
  };
}

/** @param text the body: a problem (RFC 9457), with its second line as `hint`. */
export function refusalOf(status: number, text: string): RefusedByServer {
  const { detail, hint, code } = parse(text);
  const lines = [typeof detail === "string" ? detail : `the server answered ${status}`, hint];
  return new RefusedByServer(status, lines.filter((line) => typeof line === "string").join("\n"), String(code ?? ""));
}

function parse(text: string): { readonly detail?: unknown; readonly hint?: unknown; readonly code?: unknown } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
