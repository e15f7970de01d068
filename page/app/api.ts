/** Requests to the server of this page, with the token of this tab. */

/** A request that the server refused, in its own words. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(
    /** 0 without an answer. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface Api {
  get(path: string): Promise<unknown>;
  post(path: string, body: object, key: string): Promise<unknown>;
  remove(path: string): Promise<unknown>;
}

/** @param server what the messages call it: "the gateway". @param token without one, only what is public can be asked. */
export function createApi(server: string, token?: string): Api {
  const ask = async (path: string, method: string, init: RequestInit = {}) => {
    const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const headers = { Accept: "application/json", ...authorization, ...init.headers };
    const limits = { cache: "no-store", credentials: "omit", redirect: "error" } as const;
    const response = await fetch(path, {
      ...limits,
      ...init,
      method,
      headers,
      signal: AbortSignal.timeout(15_000),
    }).catch(() => {
      throw new Refused(0, `${server} does not answer`);
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer;
    throw new Refused(response.status, reasonIn(answer) ?? `${server} answered ${response.status}`);
  };
  return {
    get: (path) => ask(path, "GET"),
    post: (path, body, key) =>
      ask(path, "POST", {
        headers: { "Content-Type": "application/json", "Idempotency-Key": key },
        body: JSON.stringify(body),
      }),
    remove: (path) => ask(path, "DELETE"),
  };
}

/** The detail of a problem (RFC 9457), or its title. */
function reasonIn(answer: unknown): string | undefined {
  const { detail, title } = (answer ?? {}) as { detail?: unknown; title?: unknown };
  return [detail, title].find((text): text is string => typeof text === "string" && text !== "");
}
