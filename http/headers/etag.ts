/** Entity tags: lists of them as headers carry them, and both comparisons of RFC 9110, 8.8.3. */

/** Members of a list may be empty (RFC 9110, 5.6.1.2). */
const LIST = /^[ \t,]*(?:(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"[ \t]*(?:,[ \t,]*|$))*$/;

/** The tags of `If-Match` or `If-None-Match`; `"*"` for any; none if the header is malformed. */
export function parseTags(header: string): "*" | readonly string[] {
  if (header.trim() === "*") return "*";
  return LIST.test(header) ? (header.match(/(?:W\/)?"[^"]*"/g) ?? []) : [];
}

export const strongMatch = (a: string, b: string) => a === b && !a.startsWith("W/");

export const weakMatch = (a: string, b: string) => a.replace(/^W\//, "") === b.replace(/^W\//, "");
