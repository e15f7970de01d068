/** Waiting longer after each failure, by chance, so that many clients do not come back together. */
import { setTimeout as delay } from "node:timers/promises";

export interface Backoff {
  /** Milliseconds that the first wait is at most. @default 200 */
  readonly baseMs?: number;
  /** Milliseconds that any wait is at most. @default 8000 */
  readonly capMs?: number;
  /** Calls in all, the first included. @default 8 */
  readonly attempts?: number;
  readonly random?: () => number;
}

export const attemptsOf = (backoff: Backoff): number => backoff.attempts ?? 8;

/** How long to wait after failure number `failures`: anything up to twice as long as after the one before. */
export function waitMs(failures: number, { baseMs = 200, capMs = 8_000, random = Math.random }: Backoff): number {
  return random() * Math.min(capMs, baseMs * 2 ** (failures - 1));
}

export async function pause(failures: number, backoff: Backoff, signal?: AbortSignal): Promise<void> {
  await delay(waitMs(failures, backoff), undefined, signal === undefined ? {} : { signal });
}
