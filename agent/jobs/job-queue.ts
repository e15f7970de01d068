/** One accelerator's queue: first come, first served, `concurrency` at a time. */
import type { AcceleratorSettings } from "../settings/schema.js";
import type { Kind } from "./executors.js";
import type { Run, RunOptions } from "./run-job.js";
import type { AcceleratorInfo, Job } from "./types.js";

/** A job that the engine knows. */
export interface JobEntry {
  job: Job;
  /** Size as JSON. */
  bytes: number;
  /** Whether it is on the disk. */
  ready: boolean;
  run?: Run;
  /** Resolves when the job has ended, or was put back into the queue for the next start, and its files are in order. */
  readonly settled: Promise<void>;
  readonly settle: () => void;
}

/** @param ready whether it is on the disk. */
export function jobEntry(job: Job, ready: boolean): JobEntry {
  let settle = (): void => undefined;
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { job, bytes: JSON.stringify(job).length, ready, settled, settle };
}

export class JobQueue {
  readonly waiting: JobEntry[] = [];
  readonly running = new Set<JobEntry>();

  constructor(
    readonly name: string,
    readonly kind: Kind,
    readonly settings: AcceleratorSettings,
    readonly program: RunOptions["program"],
  ) {}

  isFull(): boolean {
    return this.waiting.length >= this.settings.max_queue;
  }

  /** The first in the queue, if it may run and is on the disk. No job overtakes it. */
  next(): JobEntry | undefined {
    const [first] = this.waiting;
    return first?.ready && this.running.size < this.settings.concurrency ? first : undefined;
  }

  info(): AcceleratorInfo {
    const { name, kind, settings, running, waiting } = this;
    const { concurrency, timeout_seconds: timeoutSeconds } = settings;
    return { name, kind, concurrency, timeoutSeconds, running: running.size, queued: waiting.length };
  }
}
