/** The request target as it came over the wire. Nothing is decoded or folded here. */
import type { IncomingMessage } from "node:http";
import type { Problem } from "../problem.js";
import { malformedTarget, notImplemented } from "../problems.js";

export interface RequestTarget {
  /** Raw path, still percent-encoded; begins with "/". */
  readonly path: string;
  /** Raw query without its "?"; never logged. */
  readonly query: string;
}

const ABSOLUTE = /^https?:\/\/[^/?#\\]*/i;
// RFC 3986 allows less than this in a path or query, but never a fragment, a blank or a raw byte above ASCII.
const VISIBLE = /^[\x21\x22\x24-\x7e]*$/;

/** @returns undefined for anything but a path: `*`, other schemes, fragments, raw bytes above ASCII. */
export function parseTarget(url: string | undefined): RequestTarget | undefined {
  // Servers must accept the absolute form too (RFC 9112, 3.2.2). Its authority has no effect here.
  const rest = (url ?? "").replace(ABSOLUTE, "") || "/";
  const question = rest.indexOf("?");
  const path = question < 0 ? rest : rest.slice(0, question);
  const query = question < 0 ? "" : rest.slice(question + 1);
  if (!path.startsWith("/") || !VISIBLE.test(path) || !VISIBLE.test(query)) return undefined;
  return { path, query };
}

/** The problem of a request whose target is no path. `OPTIONS *` is legal: it asks about the server as a whole. */
export function refuseTarget({ method, url }: Pick<IncomingMessage, "method" | "url">): Problem {
  return method === "OPTIONS" && url === "*" ? notImplemented() : malformedTarget();
}
