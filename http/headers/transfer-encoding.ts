/** Whether Transfer-Encoding is one that we decode (RFC 9112, 6.1). Pure. */

/**
 * @returns "unbounded" where chunks are not the last coding, so that no end can be found; "unknown" where there is another
 * one under them, which Node's parser would leave as it is.
 */
export function judgeCoding(transferEncoding: string): "chunked" | "unknown" | "unbounded" {
  const members = transferEncoding.split(",").map((coding) => coding.trim().toLowerCase());
  const codings = members.filter((coding) => coding !== "");
  if (codings.at(-1) !== "chunked") return "unbounded";
  return codings.length === 1 ? "chunked" : "unknown";
}
