/** Waits longer after each failure. Jitter spreads clients that failed at the same moment. */
import { sleep } from "./sleep.js";

export interface Backoff {
  /** Maximum of the first wait, in milliseconds. Each later maximum is twice as high. */
  readonly baseMs: number;
  /** Upper limit of every wait, in milliseconds. */
  readonly capMs: number;
  /**
   * `full`: anywhere from zero to the maximum. `half`: at least half of the maximum. `none`: exactly the maximum.
   *
   * @default "full"
   */
  readonly jitter?: "full" | "half" | "none";
  /** @default Math.random */
  readonly random?: () => number;
}

/** Milliseconds to wait after failure number `failures`, counted from 1. */
export function backoffMs(failures: number, { baseMs, capMs, jitter = "full", random = Math.random }: Backoff): number {
  const longest = Math.min(capMs, baseMs * 2 ** (failures - 1));
  if (jitter === "none") return longest;
  if (jitter === "half") return longest / 2 + (random() * longest) / 2;
  return random() * longest;
}

/** Waits after failure number `failures`. @throws AbortError as soon as `signal` is aborted. */
export async function pause(failures: number, backoff: Backoff, signal?: AbortSignal): Promise<void> {
  await sleep(backoffMs(failures, backoff), signal);
}
