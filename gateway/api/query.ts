/** What stands behind the "?" and in the body, as values or as a problem. Pure. */
import { Problem } from "../../http/problem.js";
import { badValue } from "../forwards/problems.js";

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const MOST_MS = 10 * 366 * UNITS.d;

/** A misspelt filter would show everything. */
export function onlyKnown(query: URLSearchParams, known: Readonly<Record<string, unknown>>): void {
  onlyKnownNames([...query.keys()], known);
  for (const name of query.keys()) {
    if (query.getAll(name).length > 1) throw badValue(name, query.getAll(name), "given once");
  }
}

export function onlyKnownNames(names: readonly string[], known: Readonly<Record<string, unknown>>): void {
  const unknown = names.find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const detail = `${JSON.stringify(unknown.slice(0, 60))} is not known here: ${Object.keys(known).join(", ")}`;
  throw new Problem(422, "unknown-parameter", "Unprocessable content", detail);
}

export function integerIn(query: URLSearchParams, name: string, min: number, max: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw badValue(name, text, `a whole number from ${min} to ${max}`);
}

/** @returns milliseconds since 1970. */
export function sinceIn(query: URLSearchParams, now: number): number {
  const text = query.get("since") ?? "24h";
  const [, number, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const ago = number === undefined ? undefined : Number(number) * UNITS[unit as keyof typeof UNITS];
  if (ago !== undefined && ago <= MOST_MS) return now - ago;
  const at = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw badValue("since", text, 'a time such as "2026-01-31T12:00:00Z", or how long ago: "90m", "24h", "7d"');
}

/** After which port the next page begins: opaque, so that it may become something else. */
export function cursorOf(connPort: number): string {
  return Buffer.from(`after:${connPort}`).toString("base64url");
}

export function cursorIn(query: URLSearchParams): number {
  const text = query.get("cursor");
  if (text === null) return 0;
  const [, port] = /^after:(\d{1,5})$/.exec(Buffer.from(text, "base64url").toString("latin1")) ?? [];
  if (port === undefined) throw badValue("cursor", text, 'what "next" of the page before said');
  return Number(port);
}

export function objectIn(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new Problem(400, "bad-body", "Bad request", "the body must be a JSON object");
}
