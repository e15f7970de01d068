/**
 * One JSON line for each request: who, what, how much, verdict. Never a token, a query or a body.
 */
import type { Logger } from "pino";

/** Told only where a daemon wants it told; each at most 256 characters. */
export interface AccessDetails {
  /** Where the request came from, as a trusted proxy says. */
  readonly client?: string;
  readonly protocol?: string;
  readonly referrer?: string;
  readonly agent?: string;
}

export interface AccessEntry extends AccessDetails {
  readonly id: string;
  readonly remote: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Bytes of content sent. */
  readonly bytes: number;
  /** Bytes of content received, where there were any. */
  readonly received?: number;
  readonly ms: number;
  readonly verdict: string;
  readonly who: string;
  /** Why it went wrong, for status 5xx. */
  readonly cause?: string;
}

/** @param route label of the matched route; for metrics, not for the log. */
export type AccessLog = (entry: AccessEntry, route?: string) => void;

// A path may be 16 KiB long; a log line should not be.
const MAX_PATH_LENGTH = 2048;

export function accessLog(log: Logger): AccessLog {
  return (entry) => log[levelOf(entry)]({ event: "access", ...entry, path: shorten(entry.path) });
}

/**
 * The same lines, made by hand: for a small file, a general logger costs as much as reading it.
 *
 * @param time gives `,"time":"…"`, as pino's do.
 */
export function accessLines(write: (line: string) => void, time: () => string): AccessLog {
  return (entry) => {
    const { id, remote, method, status, bytes, received, ms, verdict, who, cause } = entry;
    // What a client chose is quoted; method, address and the words of ours hold nothing that needs it.
    const request = `"id":${quote(id)},"remote":"${remote}","method":"${method}","path":${quote(shorten(entry.path))}`;
    const much = received === undefined ? "" : `,"received":${received}`;
    const why = cause === undefined ? "" : `,"cause":${quote(cause)}`;
    const verdicts = `"ms":${ms},"verdict":"${verdict}","who":"${who}"${much}${why}`;
    const head = `{"level":"${levelOf(entry)}"${time()},"event":"access"`;
    write(`${head},${request},"status":${status},"bytes":${bytes},${verdicts}}\n`);
  };
}

const quote = JSON.stringify;

function levelOf({ status }: AccessEntry): "error" | "info" {
  return status >= 500 ? "error" : "info";
}

function shorten(path: string): string {
  return path.length > MAX_PATH_LENGTH ? `${path.slice(0, MAX_PATH_LENGTH)}...` : path;
}
