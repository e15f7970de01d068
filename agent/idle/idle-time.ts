/**
 * How long a host has done nothing, from what was seen of it from time to time. Pure: the clock is a value.
 *
 * - Idle time only ever grows by time that was watched. While this process or the whole machine slept,
 *   nobody saw that nothing was done, so a gap between two looks counts as one ordinary pause.
 * - Times are milliseconds of a clock that is never set (`performance.now()`): setting the wall clock
 *   neither ends a host nor keeps it alive.
 * - What cannot be known counts as busy: money is lost before work is.
 */

export interface Facts {
  /** When this was seen. */
  readonly at: number;
  /** Jobs that wait or run. */
  readonly jobs: number;
  /** Requests whose bytes moved of late. */
  readonly transfers: number;
  /** Undefined where nobody can tell. */
  readonly logins: number | undefined;
  /** When a request was last done with; before the first one, -Infinity. */
  readonly lastUse: number;
}

export interface Idle {
  /** When it was last looked. */
  readonly at: number;
  /** Since when nothing has been done; equal to `at` while something is. */
  readonly since: number;
}

export function isBusy({ jobs, transfers, logins }: Omit<Facts, "at" | "lastUse">): boolean {
  return jobs > 0 || transfers > 0 || logins !== 0;
}

/**
 * @param before what was known; undefined at the start, which counts as use.
 * @param pauseMs longest ordinary time between two looks.
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
