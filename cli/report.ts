/** An error as text for people or JSON for programs, with its exit status. */
import { defined } from "../base/defined.js";
import { EXIT, errno, Fault, faultJson } from "../base/fault.js";
import { escapeControls } from "../base/text/escape.js";
import type { Paint } from "./terminal/paint.js";

export interface Report {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly exit: number;
  /** The stack with all causes, for `--debug`. */
  readonly trace: string;
}

/** For errors of the system whose message names the path, but not the remedy. */
const SYSTEM_HINTS: Readonly<Record<string, string>> = {
  EACCES: "check the owner and the mode of that path",
  EDQUOT: "this user may store no more there",
  ENOSPC: "the disk is full",
  EROFS: "that file system is read-only: HOME and XDG_CACHE_HOME say where the files go",
};

export function toReport(error: unknown): Report {
  const trace = traceOf(error);
  if (error instanceof Fault) {
    const { code, message, hint, exit } = error;
    return defined({ code, message, exit, trace, hint });
  }
  const message = error instanceof Error ? error.message : String(error);
  const system = errno(error);
  return {
    code: system ?? "unexpected",
    message: message === "" ? "an error without a message" : message,
    hint: SYSTEM_HINTS[system ?? ""] ?? "run it again with --debug to see the cause",
    exit: EXIT.failure,
    trace,
  };
}

export function reportText(report: Report, paint: Paint, debug: boolean): string {
  const [first = "", ...rest] = escapeControls(report.message).split("\n");
  const lines = [`${paint.red("error:")} ${first}`, ...rest.map((line) => `  ${line}`)];
  if (report.hint !== undefined)
    lines.push(
      ...escapeControls(report.hint)
        .split("\n")
        .map((line) => `  ${line}`),
    );
  if (debug) lines.push(paint.dim(escapeControls(report.trace)));
  return lines.join("\n");
}

export function reportJson({ code, message, hint, trace }: Report, debug: boolean): string {
  return faultJson({ code, message, hint, trace: debug ? trace : undefined });
}

function traceOf(error: unknown): string {
  const own = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? own : `${own}\ncaused by: ${traceOf(cause)}`;
}
