/**
 * The one kind of error for users: what is wrong (with the value), what to type instead, a code for programs, and the
 * exit status of the command.
 */

/** Exit statuses. What each means to users is in cli/exit-statuses.ts. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  auth: 4,
  conflict: 5,
  changesPending: 10,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface FaultOptions {
  /** What to type or do instead: the second line. */
  readonly hint?: string;
  /** @default EXIT.failure */
  readonly exit?: ExitCode;
  /** The error underneath; printed with `--debug` only. */
  readonly cause?: unknown;
}

export class Fault extends Error {
  override readonly name = "Fault";
  readonly hint: string | undefined;
  readonly exit: ExitCode;

  /**
   * @param code stable, kebab-case, prefixed with its room: `certs/key-too-open`.
   * @param message lower-case fact with the offending value in double quotes.
   */
  constructor(
    readonly code: string,
    message: string,
    options: FaultOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
    this.exit = options.exit ?? EXIT.failure;
  }
}

/** A factory of faults for wrong usage (exit status 2), which puts the room's name before each code. */
export function usageFaults(room: string): (code: string, message: string, hint: string) => Fault {
  return (code, message, hint) => new Fault(`${room}/${code}`, message, { hint, exit: EXIT.usage });
}

/** A fault for programs, on one line: `{"error":{"code":…,"message":…,"hint":…}}`. */
export function faultJson(fault: Pick<Fault, "code" | "message" | "hint"> & { readonly trace?: string | undefined }) {
  const { code, message, hint, trace } = fault;
  return JSON.stringify({ error: { code, message, hint, trace } });
}

/** The value in quotes for a message: control characters escaped, long values truncated. */
export function quote(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  const short = text.length > 120 ? `${text.slice(0, 117)}...` : text;
  return JSON.stringify(short);
}

/** `code` of a Node system error (`ENOENT`, `EEXIST` …), if it is one. */
export function errno(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
