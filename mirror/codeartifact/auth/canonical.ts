/** The canonical form of a request, which Signature Version 4 signs. Pure; the terms are AWS's. */
import { createHash } from "node:crypto";

export interface SignedRequest {
  readonly method: string;
  /** Raw, as it came: still percent-encoded. */
  readonly path: string;
  /** Raw, without its "?". */
  readonly query: string;
  /** Lower-case names; several values of one name joined by ",". */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export const sha256Hex = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");

/** @param names of the signed headers, lower-case and sorted. */
export function canonicalRequest(request: SignedRequest, names: readonly string[]): string {
  const headers = names.map((name) => `${name}:${(request.headers[name] ?? "").trim().replace(/\s+/g, " ")}\n`);
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    headers.join(""),
    names.join(";"),
    // Of the received body, never a header's claim about it.
    sha256Hex(request.body),
  ].join("\n");
}

/** Every service but S3 encodes the encoded path once more. */
function canonicalPath(path: string): string {
  return path.split("/").map(encode).join("/");
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs = query.split("&").map((pair) => {
    const equals = pair.indexOf("=");
    const [name, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
    return [encode(decode(name)), encode(decode(value))] as const;
  });
  pairs.sort(([a, x], [b, y]) => order(a, b) || order(x, y));
  return pairs.map((pair) => pair.join("=")).join("&");
}

/** A broken encoding stays as it is: the signature then does not match. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
