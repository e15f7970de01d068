/** The `Authorization` header for a source. Secrets come from files and the environment, never from argv. */
import * as faults from "./faults.js";

/** RFC 6750's b68token. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

export function bearer(token: string, what: string): string {
  const text = token.trim();
  if (!TOKEN.test(text)) throw faults.badCredentials(what, "a token of letters, digits and ._~+/-");
  return `Bearer ${text}`;
}

/** @param credentials `user:password` (RFC 7617); a trailing line end is dropped. */
export function basic(credentials: string, what: string): string {
  const text = credentials.replace(/\r?\n$/, "");
  if (!/^[^:\p{Cc}]+:[^\p{Cc}]*$/u.test(text)) throw faults.badCredentials(what, "user:password");
  return `Basic ${Buffer.from(text, "utf8").toString("base64")}`;
}
