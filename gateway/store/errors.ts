/** Faults of the database. */
import { EXIT, errno, Fault } from "../../base/fault.js";

export const databaseInUse = (directory: string, pid: number) =>
  new Fault("store/in-use", `the database "${directory}" is in use by process ${pid}`, {
    hint: "one embedded database serves one gateway: end that process, or give both a PostgreSQL server",
    exit: EXIT.conflict,
  });

export const databaseUnreachable = (cause: unknown) =>
  new Fault("store/unreachable", `cannot connect to the PostgreSQL server: ${messageOf(cause)}`, {
    hint: "check that it runs, and the URL in the file or variable that the configuration names",
    cause,
  });

export const badDatabase = (value: string) =>
  new Fault("store/bad-database", `database is "${value}"`, {
    hint: 'it must be "pglite:DIRECTORY", or "credential:NAME" or "env:NAME" that holds a postgresql:// URL',
    exit: EXIT.usage,
  });

/** SQLSTATE classes and codes of a PostgreSQL server that goes away: class 08, shutdowns, "starting up". */
const GONE_STATES = /^(?:08|57P0[123])/;
const GONE_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOENT",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);
/** The pg client's errors without a code. */
const GONE_WORDS =
  /^Connection terminated|^timeout exceeded when trying to connect|^Client has encountered a connection error/;

/** Whether the database is unreachable, as opposed to a refused statement. */
export function isDatabaseGone(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseGone);
  if (!(error instanceof Error)) return false;
  const code = errno(error);
  if (code !== undefined) return GONE_STATES.test(code) || GONE_CODES.has(code);
  return GONE_WORDS.test(error.message);
}

/** A server with several addresses fails with one error for each of them. */
function messageOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join("; ");
  return cause instanceof Error ? cause.message : String(cause);
}
