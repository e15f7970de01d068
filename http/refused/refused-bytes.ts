/** What is wrong with bytes that Node's parser refuses. Pure. */
import type { Problem } from "../problem.js";
import {
  headerTooLarge,
  headerTooSlow,
  malformedRequest,
  methodNotAllowed,
  notImplemented,
  requestTooLarge,
} from "../problems.js";

/** An error of Node's parser. */
export interface RefusedBytes {
  readonly code?: string;
  /** The bytes that came last, and how many of them were understood. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** The methods that routes have. */
const METHODS = "GET, HEAD, POST, PUT, DELETE";
const PROBLEMS: Readonly<Record<string, () => Problem>> = {
  HPE_HEADER_OVERFLOW: headerTooLarge,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: requestTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: headerTooSlow,
  /** No proxy. */
  CONNECT: () => methodNotAllowed(METHODS),
};
/** A method may be any token (RFC 9110, 9.1). The parser knows a list of them. */
const UNKNOWN_METHOD = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+ [\x21-\x7e]/;

export function problemOf(error: RefusedBytes): Problem {
  if (error.code === "HPE_INVALID_METHOD" && UNKNOWN_METHOD.test(lineOf(error))) return notImplemented();
  return (PROBLEMS[error.code ?? ""] ?? malformedRequest)();
}

export function isHead({ rawPacket }: RefusedBytes): boolean {
  return rawPacket?.subarray(0, 5).toString("latin1") === "HEAD ";
}

/** The line in which the parser stopped; earlier ones may be requests before it. */
function lineOf({ rawPacket = Buffer.alloc(0), bytesParsed = 0 }: RefusedBytes): string {
  const start = rawPacket.subarray(0, bytesParsed).lastIndexOf("\n") + 1;
  return rawPacket.subarray(start, start + MAX_LINE).toString("latin1");
}

/** Enough for a method and the beginning of a target. */
const MAX_LINE = 256;
