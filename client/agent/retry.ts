/** When to repeat a request that was answered with 503. Pure. */

/** The same waits as vLab's client, in seconds. */
const STEPS = [1, 2, 4, 8, 16];
/** Limit for a server's Retry-After: a person at a terminal does not wait longer. */
const MAX_MS = 60_000;

/**
 * @param attempt 0 for the first retry.
 * @param retryAfter the header of that name: seconds, or an HTTP date.
 * @param random 0 to 1, to spread many clients.
 * @returns milliseconds to wait, or undefined after the last retry.
 */
export function retryDelay(
  attempt: number,
  retryAfter: string | undefined,
  { random = Math.random, now = Date.now }: { readonly random?: () => number; readonly now?: () => number } = {},
): number | undefined {
  const step = STEPS[attempt];
  if (step === undefined) return undefined;
  const wanted = millisecondsIn(retryAfter, now);
  // Never earlier than the server wants. The jitter is added on top.
  const own = step * 1000 * (0.5 + random() / 2);
  return Math.min(MAX_MS, wanted === undefined ? own : wanted + own - step * 500);
}

function millisecondsIn(retryAfter: string | undefined, now: () => number): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^[0-9]{1,6}$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now());
}
