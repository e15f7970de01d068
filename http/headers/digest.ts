/** Digest fields (RFC 9530), SHA-256 only: the algorithm that every client has. */

/** `sha-256=:<base64>:` */
export function digestField(sha256: Buffer): string {
  return `sha-256=:${sha256.toString("base64")}:`;
}

export type ParsedDigest = Buffer | "absent" | "malformed";

/** The SHA-256 in `Content-Digest` or `Repr-Digest`; other algorithms are left alone, as the RFC says. */
export function parseDigest(header: string | readonly string[] | undefined): ParsedDigest {
  const text = typeof header === "string" ? header : (header ?? []).join(",");
  const member = text.split(",").find((part) => /^\s*sha-256\s*=/.test(part));
  if (member === undefined) return "absent";
  const encoded = /^\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*$/.exec(member)?.[1];
  return encoded === undefined ? "malformed" : Buffer.from(encoded, "base64");
}

/** Whether `Want-Repr-Digest` asks for SHA-256 (a preference of 0 means: not that one). */
export function wantsDigest(header: string | readonly string[] | undefined): boolean {
  const text = typeof header === "string" ? header : (header ?? []).join(",");
  return /(^|,)\s*sha-256\s*=\s*(10|[1-9])\s*(,|$)/.test(text);
}
