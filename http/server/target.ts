/** The request target as it came over the wire. Nothing is decoded or folded here. */
import type { IncomingMessage } from "node:http";
import { isHost } from "../headers/host.js";
import type { Problem } from "../problem.js";
import { malformedTarget, notImplemented } from "../problems.js";

export interface RequestTarget {
  /** Raw path, still percent-encoded; begins with "/". */
  readonly path: string;
  /** Raw query without its "?"; never logged. */
  readonly query: string;
}

const ABSOLUTE = /^https?:\/\/([^/?#\\]*)/i;
// RFC 3986 allows less than this in a path or query, but never a fragment, a blank or a raw byte above ASCII.
const VISIBLE = /^[\x21\x22\x24-\x7e]*$/;

/** @returns undefined for anything but a path: `*`, other schemes, malformed hosts, fragments, raw bytes above ASCII. */
export function parseTarget(url: string | undefined): RequestTarget | undefined {
  const text = url ?? "";
  const absolute = ABSOLUTE.exec(text);
  if (absolute?.[1] === "" || !isHost(absolute?.[1] ?? "")) return undefined;
  const after = text.slice(absolute?.[0].length ?? 0);
  // An empty path is "/" (RFC 9110, 4.2.3).
  const rest = absolute !== null && /^(\?|$)/.test(after) ? `/${after}` : after;
  const question = rest.indexOf("?");
  const path = question < 0 ? rest : rest.slice(0, question);
  const query = question < 0 ? "" : rest.slice(question + 1);
  if (!path.startsWith("/") || !VISIBLE.test(path) || !VISIBLE.test(query)) return undefined;
  return { path, query };
}

/** Servers must accept the absolute form. Its host then counts, and no Host header (RFC 9112, 3.2.2). */
export function adoptHost({ url, headers }: Pick<IncomingMessage, "url" | "headers">): void {
  const host = url?.startsWith("/") === true ? undefined : ABSOLUTE.exec(url ?? "")?.[1];
  if (host !== undefined) headers.host = host;
}

/** The problem of a request whose target is no path. `OPTIONS *` is legal: it asks about the server as a whole. */
export function refuseTarget({ method, url }: Pick<IncomingMessage, "method" | "url">): Problem {
  return method === "OPTIONS" && url === "*" ? notImplemented() : malformedTarget();
}
