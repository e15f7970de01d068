/** The request target as it came over the wire. Nothing is decoded or folded here. */

export interface RequestTarget {
  /** Raw path, still percent-encoded; begins with "/". */
  readonly path: string;
  /** Raw query without its "?"; never logged. */
  readonly query: string;
}

const ABSOLUTE = /^https?:\/\/[^/?#\\]*/i;
// What RFC 3986 lets a path or query hold is less than this; a fragment, a blank or a raw byte above ASCII never is.
const VISIBLE = /^[\x21\x22\x24-\x7e]*$/;

/** @returns undefined for what is not a path: `*`, other schemes, fragments, raw bytes above ASCII. */
export function parseTarget(url: string | undefined): RequestTarget | undefined {
  // Servers must accept the absolute form too (RFC 9112, 3.2.2); its authority chooses nothing here.
  const rest = (url ?? "").replace(ABSOLUTE, "") || "/";
  const question = rest.indexOf("?");
  const path = question < 0 ? rest : rest.slice(0, question);
  const query = question < 0 ? "" : rest.slice(question + 1);
  if (!path.startsWith("/") || !VISIBLE.test(path) || !VISIBLE.test(query)) return undefined;
  return { path, query };
}
