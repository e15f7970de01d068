/** What can be wrong with the database. */
import { EXIT, Fault } from "../../base/fault.js";

export const databaseInUse = (directory: string, pid: number) =>
  new Fault("store/in-use", `the database "${directory}" is in use by process ${pid}`, {
    hint: "one embedded database serves one gateway: end that process, or give both a PostgreSQL server",
    exit: EXIT.conflict,
  });

export const databaseUnreachable = (cause: unknown) =>
  new Fault("store/unreachable", `the PostgreSQL server does not take us in: ${messageOf(cause)}`, {
    hint: "check that it runs, and the URL in the file or variable that the configuration names",
    cause,
  });

export const badDatabase = (value: string) =>
  new Fault("store/bad-database", `database is "${value}"`, {
    hint: 'it must be "pglite:DIRECTORY", or "credential:NAME" or "env:NAME" that holds a postgresql:// URL',
    exit: EXIT.usage,
  });

/** Several addresses of one server give several errors in one. */
function messageOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join("; ");
  return cause instanceof Error ? cause.message : String(cause);
}
