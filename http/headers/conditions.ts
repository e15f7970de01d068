/** Conditional requests (RFC 9110, 13): a decision from headers and the state of the resource. */
import type { IncomingHttpHeaders } from "node:http";
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

/** Whether `If-Range` still holds, so that a part may be sent instead of the whole. */
export function rangeStillHolds(ifRange: string | undefined, current: Validators): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.trim().endsWith('"')) return strongMatch(ifRange.trim(), current.etag);
  return parseDate(ifRange) === seconds(current.modifiedMs);
}

function matches(header: string, current: Validators | undefined, same: (a: string, b: string) => boolean): boolean {
  if (current === undefined) return false;
  const tags = parseTags(header);
  return tags === "*" || tags.some((tag) => same(tag, current.etag));
}

const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** @returns seconds since 1970; undefined for a malformed date, whose header is ignored. */
function parseDate(text: string | undefined): number | undefined {
  if (text === undefined || !IMF_FIXDATE.test(text.trim())) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : seconds(time);
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
