/**
 * The idle time of a host, from observations at intervals. Pure: the clock is a value.
 *
 * - Idle time grows only by observed time. While this process or the whole machine slept, nothing was observed, so a
 *   gap between two looks counts as one ordinary pause.
 * - Times are milliseconds of a monotonic clock (`performance.now()`): setting the wall clock neither ends a host nor
 *   keeps it alive.
 * - Unknown facts count as busy: it is better to lose money than work.
 */

export interface Facts {
  /** Time of the observation. */
  readonly at: number;
  /** Number of queued and running jobs. */
  readonly jobs: number;
  /** Requests whose bytes moved recently. */
  readonly transfers: number;
  /** Undefined if unknown. */
  readonly logins: number | undefined;
  /** The end of the last request; -Infinity before the first one. */
  readonly lastUse: number;
}

export interface Idle {
  /** Time of the last look. */
  readonly at: number;
  /** Start of the idle time; equal to `at` while the host is busy. */
  readonly since: number;
}

export function isBusy({ jobs, transfers, logins }: Omit<Facts, "at" | "lastUse">): boolean {
  return jobs > 0 || transfers > 0 || logins !== 0;
}

/**
 * @param before the previous result; undefined at the start, which counts as use.
 * @param pauseMs the longest ordinary time between two looks.
 */
export function observe(before: Idle | undefined, facts: Facts, pauseMs: number): Idle {
  const { at, lastUse } = facts;
  if (before === undefined || isBusy(facts)) return { at, since: at };
  const unwatched = Math.max(0, at - before.at - pauseMs);
  return { at, since: Math.min(at, Math.max(before.since + unwatched, lastUse)) };
}

export function idleMs({ at, since }: Idle): number {
  return at - since;
}
