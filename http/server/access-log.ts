/**
 * One JSON line per request: caller, target, sizes, verdict. Never a token, a query or a body.
 */
import type { Logger } from "pino";

/** Logged only by daemons that fill them in; at most 256 characters each. */
export interface AccessDetails {
  /** The client's address according to a trusted proxy. */
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
  /** Bytes of content received, if any. */
  readonly received?: number;
  readonly ms: number;
  readonly verdict: string;
  readonly who: string;
  /** The cause of a failure with status 5xx. */
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
 * The same lines without a logger: for a small file, a general logger costs as much as reading the file.
 *
 * @param time gives `,"time":"…"`, as pino's do.
 */
export function accessLines(write: (line: string) => void, time: () => string): AccessLog {
  return (entry) => {
    const { id, remote, method, status, bytes, received, ms, verdict, who, cause } = entry;
    // Values from the client are quoted. Method, address and our own words hold nothing that needs quoting.
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
