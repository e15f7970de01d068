/** Cuts a stream of unknown length into segments that are sent one by one. */
import type { Readable } from "node:stream";
import { sleep } from "../../../base/async/sleep.js";

export interface Segment {
  readonly chunks: readonly Buffer[];
  readonly length: number;
  /** No more follows. It may be empty. */
  readonly isLast: boolean;
}

/** Two are in memory: one is read while the other is sent. */
const SEGMENT = 8 * 1024 * 1024;
/** The host keeps an unfinished upload for an hour. */
const TOUCH_MS = 600_000;

export async function* segmentsOf(source: Readable, size = SEGMENT): AsyncGenerator<Segment, undefined> {
  let chunks: Buffer[] = [];
  let length = 0;
  for await (const piece of source as AsyncIterable<Buffer | string>) {
    const chunk = typeof piece === "string" ? Buffer.from(piece) : piece;
    chunks.push(chunk);
    length += chunk.length;
    if (length < size) continue;
    yield { chunks, length, isLast: false };
    chunks = [];
    length = 0;
  }
  yield { chunks, length, isLast: true };
}

/** Calls `touch` from time to time until `next` is there. @throws the signal's reason */
export async function whileWaiting<T>(
  next: Promise<T>,
  touch: () => Promise<void>,
  signal: AbortSignal | undefined,
  intervalMs = TOUCH_MS,
): Promise<T> {
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
  const touching = async (): Promise<never> => {
    for (;;) {
      await sleep(intervalMs, either);
      await touch();
    }
  };
  try {
    return await Promise.race([next, touching()]);
  } finally {
    over.abort();
  }
}
