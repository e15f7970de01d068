/** The failures of requests, in Node's codes: undici has names of its own for some of them. */
import { errno } from "../../base/fault.js";
import { errorText } from "../../base/text/error-text.js";

/** A time limit of this client that was reached. */
export class HttpTimeout extends Error {
  override readonly name = "HttpTimeout";
  readonly code = "ETIMEDOUT";

  /** @param limit `idle` where no byte moved, `total` for the whole request. */
  constructor(
    readonly limit: "idle" | "total",
    readonly milliseconds: number,
  ) {
    super(`no answer within ${milliseconds} ms`);
  }
}

/** A body that is longer than the caller reads. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";

  constructor(readonly maxBytes: number) {
    super(`the body is longer than ${maxBytes} bytes`);
  }
}

const CODES: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: "ECONNRESET",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "ECONNRESET",
  UND_ERR_CONNECT_TIMEOUT: "ETIMEDOUT",
  UND_ERR_HEADERS_TIMEOUT: "ETIMEDOUT",
  UND_ERR_BODY_TIMEOUT: "ETIMEDOUT",
};

/** The code of a failed connection or transfer, if it has one. */
export function networkCode(error: unknown): string | undefined {
  // Every address of the name was tried; the first failure is as good as any.
  if (error instanceof AggregateError && error.errors.length > 0) return networkCode(error.errors[0]);
  if (parserReason(error) === "Invalid EOF state") return "ECONNRESET";
  const code = errno(error);
  return code === undefined ? undefined : (CODES[code] ?? code);
}

/** The message of a failed connection or transfer, in Node's words for an answer that is no HTTP. */
export function networkText(error: unknown): string {
  const reason = parserReason(error);
  if (reason !== undefined) return `Parse Error: ${reason}`;
  // How undici tells that a proxy opened no tunnel.
  const refused = /^Proxy response \((\d{3})\)/.exec(errorText(error))?.[1];
  return refused === undefined ? errorText(error) : `the proxy answered ${refused}`;
}

/** Undici wraps what its HTTP parser says in a sentence, and gives it no code. */
function parserReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== "HTTPParserError") return undefined;
  return /\(([^()]*)\)$/.exec(error.message)?.[1] ?? error.message;
}

/** Whether the peer ended the connection before its answer was whole. */
export function isCutOff(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes(networkCode(error) ?? "");
}
