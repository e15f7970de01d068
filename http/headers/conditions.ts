/** Conditional requests (RFC 9110, 13): a decision from headers and the state of the resource. */
import type { IncomingHttpHeaders } from "node:http";
import { parseHttpDate } from "./date.js";
import { parseTags, strongMatch, weakMatch } from "./etag.js";

export interface Validators {
  /** Strong, quoted. */
  readonly etag: string;
  readonly modifiedMs: number;
}

export type Precondition = "proceed" | "not-modified" | "failed";

/** @param current undefined if the resource does not exist. */
export function evaluate(method: string, headers: IncomingHttpHeaders, current: Validators | undefined): Precondition {
  const reading = method === "GET" || method === "HEAD";
  const ifMatch = headers["if-match"];
  const ifNoneMatch = headers["if-none-match"];
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, current, strongMatch)) return "failed";
  } else if (current !== undefined) {
    const since = parseDate(headers["if-unmodified-since"]);
    if (since !== undefined && seconds(current.modifiedMs) > since) return "failed";
  }
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, current, weakMatch)) return reading ? "not-modified" : "failed";
  } else if (reading && current !== undefined) {
    const since = parseDate(headers["if-modified-since"]);
    if (since !== undefined && seconds(current.modifiedMs) <= since) return "not-modified";
  }
  return "proceed";
}

/**
 * Whether `If-Range` still holds, so that a part may be sent instead of the whole. A date never does: a file may change
 * twice within its second, and such a validator is weak (RFC 9110, 8.8.2.2).
 */
export function rangeStillHolds(ifRange: string | undefined, current: Pick<Validators, "etag">): boolean {
  return ifRange === undefined || strongMatch(ifRange.trim(), current.etag);
}

function matches(header: string, current: Validators | undefined, same: (a: string, b: string) => boolean): boolean {
  if (current === undefined) return false;
  const tags = parseTags(header);
  return tags === "*" || tags.some((tag) => same(tag, current.etag));
}

function parseDate(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseHttpDate(text.trim());
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
