/** vLab's envelope around every answer of its routes, with a link to the route's help. */

import type { Problem } from "../../http/problem.js";
import type { Headers } from "../../http/server/exchange.js";

export const VLAB_PREFIX = "/api/1/ipam/";

export interface Envelope {
  readonly error: string | null;
  readonly content: unknown;
  /** The parameters of the query. */
  readonly params: Readonly<Record<string, string>>;
}

export function envelope(query: URLSearchParams, content: unknown, error: string | null = null): Envelope {
  return { error, content, params: Object.fromEntries(query) };
}

/** @param base the beginning of the link; without it, the link is a path. */
export function helpLink(base: string, path: string): Record<string, string> {
  return { Link: `<${base}${path}?describe=true>; rel=help` };
}

/** A problem as vLab answers it: status 400 for any wrong value. */
export function envelopeProblem(
  problem: Problem,
  query: URLSearchParams,
  help: Record<string, string>,
): { readonly status: number; readonly headers: Headers; readonly body: Envelope } {
  const { Link: authorization, ...headers } = problem.headers;
  const links = [help.Link, authorization].filter((link) => link !== undefined).join(", ");
  return {
    status: problem.status === 422 ? 400 : problem.status,
    headers: { ...headers, Link: links },
    body: envelope(query, {}, problem.detail ?? problem.title),
  };
}
