/** The answers to requests that the server of the Hosts page refuses. */
import { EXIT, Fault } from "../../base/fault.js";
import { errorText } from "../../base/text/error-text.js";
import { Problem } from "../../http/problem.js";
import type { ErrorText } from "../documents.js";

/** A name that leads here from elsewhere, such as one whose owner has pointed it at 127.0.0.1 (DNS rebinding). */
export const otherHost = () =>
  new Problem(421, "other-host", "Misdirected request", "this server answers as 127.0.0.1, [::1] and localhost only");

export const signedOut = () =>
  new Problem(401, "signed-out", "Unauthorized", 'this browser is not signed in: open the link of "sallyport ui"');

export const codeIsGone = () =>
  new Problem(
    410,
    "code-gone",
    "Gone",
    'this link was used already, or is too old: press Enter where "sallyport ui" runs',
  );

export const badRequest = (detail: string) => new Problem(400, "bad-request", "Bad request", detail);

export const noAgent = (host: string) =>
  new Fault("ui/no-agent", `"${host}" has no agent`, { hint: `it offers SSH only: "sallyport ssh ${host}"` });

export const operationRuns = (title: string) =>
  new Fault("ui/operation-runs", `"${title}" is still running`, {
    hint: "wait until it has ended, then try again",
    exit: EXIT.conflict,
  });

/** The two lines of an error. */
export function errorLines(error: unknown): ErrorText {
  if (error instanceof Fault)
    return error.hint === undefined ? { message: error.message } : { message: error.message, hint: error.hint };
  if (error instanceof Problem) return { message: error.detail ?? error.title };
  return { message: errorText(error), hint: "the terminal where sallyport ui runs has more, with --debug" };
}

const BY_EXIT: Readonly<Record<number, number>> = { 2: 422, 3: 404, 4: 403, 5: 409 };

/** 502 is a host or AWS that failed: the page's own server is well. */
export function statusOf(error: unknown): number {
  if (error instanceof Problem) return error.status;
  return error instanceof Fault ? (BY_EXIT[error.exit] ?? 502) : 500;
}
