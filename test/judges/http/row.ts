/** One rule of RFC 9110 or 9112 as bytes for a server, and what it may answer. */
import type { Answer } from "./answers.js";
import type { Subject } from "./subjects.js";

/** "taken" is what the subject answers to content that it has read whole. */
export type Status = number | "taken" | readonly number[];

interface Outcome {
  /** The final answers, all of them, in order. */
  readonly answers: readonly Status[];
  /** Whether the connection takes another request. "either": as the last answer says. */
  readonly connection: "open" | "closed" | "either";
  /** The client closes its side behind the bytes. */
  readonly halfClosed?: boolean;
}

export interface Seen {
  /** Final answers. */
  readonly answers: readonly Answer[];
  /** Statuses of interim answers. */
  readonly interim: readonly number[];
}

/** Latin-1. */
type Bytes = string | ((subject: Subject) => string);
/** @throws Error */
type Check = (seen: Seen, subject: Subject) => void;

export interface Row {
  /** RFC and section: `9112 3.2.2`. */
  readonly rule: string;
  readonly title: string;
  readonly bytes: Bytes;
  readonly outcome: Outcome;
  readonly check: Check | undefined;
  readonly subjects: readonly Subject["name"][];
}

const ALL = ["agent", "gateway", "mirror"] as const;

/** Rows of one section; `subjects` are those that have what the bytes need. */
export function rules(
  rule: string,
  rows: readonly (readonly [title: string, bytes: Bytes, outcome: Outcome, check?: Check])[],
  subjects: Row["subjects"] = ALL,
): readonly Row[] {
  return rows.map(([title, bytes, outcome, check]) => ({ rule, title, bytes, outcome, check, subjects }));
}

export const open = (...answers: readonly Status[]): Outcome => ({ answers, connection: "open" });
export const closed = (...answers: readonly Status[]): Outcome => ({ answers, connection: "closed" });
export const either = (...answers: readonly Status[]): Outcome => ({ answers, connection: "either" });
export const halfClosed = (...answers: readonly Status[]): Outcome => ({ ...closed(...answers), halfClosed: true });
export const REFUSED = closed(400);

export function same(what: string, got: unknown, wanted: unknown): void {
  if (got !== wanted) throw new Error(`${what} is ${got}, not ${wanted}`);
}
