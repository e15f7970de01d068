/** Abortable waits. */
import { setTimeout as delay } from "node:timers/promises";

/** @throws AbortError as soon as `signal` is aborted. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
}

/** As {@link sleep}, but the signal ends the wait instead of failing it. */
export async function sleepUnless(signal: AbortSignal, milliseconds: number): Promise<void> {
  await sleep(milliseconds, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
