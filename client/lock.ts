/** Read, change, write: one program at a time, so that none loses what another has just written. */
import { stat, unlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { createExclusive } from "../base/fs/atomic.js";

// The work under a lock takes milliseconds; a lock of this age was left by a program that was killed.
const STALE_MS = 10_000;
const POLL_MS = 20;

/** Runs `work` while `PATH.lock` is there and ours. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  while (!(await createExclusive(lock, String(process.pid), 0o600))) {
    if (await isStale(lock)) await unlink(lock).catch(() => undefined);
    else await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await unlink(lock).catch(() => undefined);
  }
}

async function isStale(lock: string): Promise<boolean> {
  const found = await stat(lock).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > STALE_MS;
}
