/**
 * Follows a list on and on: a turn, a wait, a turn. A turn that fails is told and changes nothing; the
 * next one comes at its usual time. The signal ends the wait, or the turn before its first change; what
 * has begun to change is carried through.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Report } from "./report.js";

export interface Turn {
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** What was done, unless it failed. */
  readonly report?: Report;
  readonly error?: unknown;
}

export interface WatchOptions {
  /** Milliseconds from the end of one turn to the start of the next. */
  readonly intervalMs: number;
  /** Each wait is longer or shorter by up to this part, so that many followers do not come at once. @default 0.1 */
  readonly jitter?: number;
  readonly turn: (signal: AbortSignal) => Promise<Report>;
  readonly onTurn: (turn: Turn) => void;
  readonly signal: AbortSignal;
  readonly random?: () => number;
}

/** Returns when the signal says so; never throws what a turn threw. */
export async function watch(options: WatchOptions): Promise<void> {
  const { signal, onTurn, turn } = options;
  while (!signal.aborted) {
    const startedAt = new Date();
    try {
      const report = await turn(signal);
      onTurn({ startedAt, endedAt: new Date(), report });
    } catch (error) {
      // Cut short on purpose: no failure.
      if (signal.aborted) return;
      onTurn({ startedAt, endedAt: new Date(), error });
    }
    await rest(options);
  }
}

export function waitBetweenTurns({
  intervalMs,
  jitter = 0.1,
  random = Math.random,
}: Omit<WatchOptions, "turn" | "onTurn" | "signal">): number {
  return Math.round(intervalMs * (1 + jitter * (2 * random() - 1)));
}

async function rest(options: WatchOptions): Promise<void> {
  const { signal } = options;
  try {
    await delay(waitBetweenTurns(options), undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
