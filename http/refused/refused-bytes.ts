/** What is wrong with bytes that Node's parser refuses. Pure. */
import type { Problem } from "../problem.js";
import {
  headerTooLarge,
  headerTooSlow,
  incompleteRequest,
  malformedRequest,
  methodNotAllowed,
  notImplemented,
  requestTooLarge,
  targetTooLong,
  unknownVersion,
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
  HPE_INVALID_EOF_STATE: incompleteRequest,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: requestTooLarge,
  ERR_HTTP_REQUEST_TIMEOUT: headerTooSlow,
  /** No proxy. */
  CONNECT: () => methodNotAllowed(METHODS),
};
/** A method may be any token (RFC 9110, 9.1), and longer than any that we know. The parser knows a list of them. */
const UNKNOWN_METHOD = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+( [\x21-\x7e]|$)/;
/** A request line; a field has a colon in place of its blank. */
const REQUEST_LINE = /^[A-Z]+ [^ ]/;
const VERSION = / HTTP\/\d+\.\d+\r?$/;

export function problemOf(error: RefusedBytes): Problem {
  const { code = "" } = error;
  const line = lineOf(error);
  if (code === "HPE_INVALID_METHOD" && UNKNOWN_METHOD.test(line.slice(0, MAX_METHOD))) return notImplemented();
  if (code === "HPE_INVALID_VERSION" && VERSION.test(line)) return unknownVersion();
  // Of a long line, the beginning may have come in an earlier packet; then its end tells what it is.
  if (code === "HPE_HEADER_OVERFLOW" && (REQUEST_LINE.test(line) || VERSION.test(line))) return targetTooLong();
  return (PROBLEMS[code] ?? malformedRequest)();
}

/** As far as the last bytes show it. */
export function isHead({ rawPacket = Buffer.alloc(0), bytesParsed = 0 }: RefusedBytes): boolean {
  const before = rawPacket.subarray(0, bytesParsed).lastIndexOf("\r\n\r\n");
  const start = before < 0 ? 0 : before + 4;
  return rawPacket.subarray(start, start + 5).toString("latin1") === "HEAD ";
}

/** The line in which the parser stopped; earlier ones may be requests before it. */
function lineOf({ rawPacket = Buffer.alloc(0), bytesParsed = 0 }: RefusedBytes): string {
  const start = rawPacket.subarray(0, bytesParsed).lastIndexOf("\n") + 1;
  const end = rawPacket.indexOf("\n", start);
  return rawPacket.subarray(start, end < 0 ? undefined : end).toString("latin1");
}

/** Enough for a method and the beginning of a target. */
const MAX_METHOD = 256;
