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

export type AccessLog = (entry: AccessEntry) => void;

// A path may be 16 KiB long; a log line should not be.
const LONGEST_PATH = 2048;

export function accessLog(log: Logger): AccessLog {
  return (entry) => {
    const path = entry.path.length > LONGEST_PATH ? `${entry.path.slice(0, LONGEST_PATH)}...` : entry.path;
    const level = entry.status >= 500 ? "error" : "info";
    log[level]({ event: "access", ...entry, path });
  };
}
