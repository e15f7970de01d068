/**
 * Follows a list at an interval. A failed turn is reported and changes nothing; the next one comes at its
 * usual time. The signal ends a wait at once, and a turn before its first change; changes that have begun
 * are completed.
 */
import { sleepUnless } from "../../base/async/sleep.js";
import type { Report } from "./report.js";

export interface Turn {
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** Absent if the turn failed. */
  readonly report?: Report;
  readonly error?: unknown;
}

export interface WatchOptions {
  /** Milliseconds from the end of one turn to the start of the next. */
  readonly intervalMs: number;
  /** Each wait varies by up to this fraction, to spread many followers. @default 0.1 */
  readonly jitter?: number;
  readonly turn: (signal: AbortSignal) => Promise<Report>;
  readonly onTurn: (turn: Turn) => void;
  readonly signal: AbortSignal;
  readonly random?: () => number;
}

/** Returns when the signal aborts. A turn's error goes to `onTurn` and is never thrown. */
export async function watch(options: WatchOptions): Promise<void> {
  const { signal, onTurn, turn } = options;
  while (!signal.aborted) {
    const startedAt = new Date();
    try {
      const report = await turn(signal);
      onTurn({ startedAt, endedAt: new Date(), report });
    } catch (error) {
      // The signal cut the turn short: not a failure.
      if (signal.aborted) return;
      onTurn({ startedAt, endedAt: new Date(), error });
    }
    await sleepUnless(signal, waitBetweenTurns(options));
  }
}

export function waitBetweenTurns({
  intervalMs,
  jitter = 0.1,
  random = Math.random,
}: Omit<WatchOptions, "turn" | "onTurn" | "signal">): number {
  return Math.round(intervalMs * (1 + jitter * (2 * random() - 1)));
}
