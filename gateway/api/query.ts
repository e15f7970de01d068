/** Values of queries and bodies, or the problem with them. Pure. */

import { Problem } from "../../http/problem.js";
import type { QueryProblems } from "../../http/routes/read-query.js";
import { badValue } from "../forwards/problems.js";

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const MAX_AGO_MS = 10 * 366 * UNITS.d;

/** A misspelt filter would list everything, so unknown parameters are refused. */
export const QUERY_PROBLEMS: QueryProblems = {
  unknown: unknownName,
  repeated: (name, values) => badValue(name, values, "given once"),
  invalid: (name, text, { minimum, maximum }) => badValue(name, text, `a whole number from ${minimum} to ${maximum}`),
};

/** @throws Problem 422 for the first name that the schema does not have. */
export function onlyKnownNames(names: readonly string[], known: Readonly<Record<string, unknown>>): void {
  const unknown = names.find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) throw unknownName(unknown, Object.keys(known));
}

function unknownName(name: string, known: readonly string[]): Problem {
  const detail = `${JSON.stringify(name.slice(0, 60))} is not known here: ${known.join(", ")}`;
  return new Problem(422, "unknown-parameter", "Unprocessable content", detail);
}

/** Reads `since`: a time, or how long ago. @returns milliseconds since 1970. */
export function parseSince(text: string, now: number): number {
  const [, number, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const ago = number === undefined ? undefined : Number(number) * UNITS[unit as keyof typeof UNITS];
  if (ago !== undefined && ago <= MAX_AGO_MS) return now - ago;
  const at = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw badValue("since", text, 'a time such as "2026-01-31T12:00:00Z", or how long ago: "90m", "24h", "7d"');
}

/** The port after which the next page begins. Opaque to clients, so that its content may change. */
export function cursorOf(connPort: number): string {
  return Buffer.from(`after:${connPort}`).toString("base64url");
}

export function parseCursor(text: string | undefined): number {
  if (text === undefined) return 0;
  const [, port] = /^after:(\d{1,5})$/.exec(Buffer.from(text, "base64url").toString("latin1")) ?? [];
  if (port === undefined) throw badValue("cursor", text, 'what "next" of the page before said');
  return Number(port);
}

export function parseObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // The same problem as for any other value.
  }
  throw new Problem(400, "bad-body", "Bad request", "the body must be a JSON object");
}
