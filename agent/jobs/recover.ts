/**
 * Cleans up after an agent that was killed: ends its processes, removes its files, and fails every job that was queued
 * or running. No job runs again, because how much of it was done is unknown.
 */
import { lstatSync } from "node:fs";
import type { JobStore, Journal } from "./job-store.js";
import { endProcesses } from "./processes.js";
import { INTERRUPTED } from "./run-job.js";
import type { Job } from "./types.js";

export interface Recovered {
  /** All of them have ended; oldest end first, with the size of their journals. */
  readonly jobs: ReadonlyArray<{ readonly job: Job; readonly bytes: number }>;
  readonly lastId: string | undefined;
  readonly interrupted: number;
  /** Directories without a journal. */
  readonly removed: number;
  readonly outlasted: readonly number[];
}

export async function recover(store: JobStore): Promise<Recovered> {
  const jobs: Array<{ job: Job; bytes: number }> = [];
  const outlasted: number[] = [];
  let interrupted = 0;
  let removed = 0;
  const ids = store.ids();
  for (const id of ids) {
    const journal = store.read(id);
    if (journal === undefined) {
      await store.remove(id);
      removed += 1;
      continue;
    }
    const over = ended(journal);
    if (over === journal.job) {
      await store.tidy(id, hasOutput(store, over));
      jobs.push({ job: over, bytes: JSON.stringify(over).length });
      continue;
    }
    interrupted += 1;
    // Without a leader in the journal, the launcher never got its line, and exited by itself.
    if (journal.leader !== undefined) outlasted.push(...(await endProcesses(id, journal.leader)));
    await store.tidy(id, false);
    // If this is lost, the next start comes to the same result.
    jobs.push({ job: over, bytes: await store.note({ job: over }) });
  }
  jobs.sort((a, b) => (a.job.endedAt ?? 0) - (b.job.endedAt ?? 0));
  return { jobs, lastId: ids.at(-1), interrupted, removed, outlasted };
}

function ended({ job }: Journal): Job {
  if (job.state !== "queued" && job.state !== "running") return job;
  const { progress: _, ...rest } = job;
  return { ...rest, state: "failed", failure: INTERRUPTED, endedAt: Date.now() };
}

function hasOutput(store: JobStore, job: Job): boolean {
  if (job.state !== "done" || job.output?.kind !== "private") return false;
  return lstatSync(store.file(job.id, "output"), { throwIfNoEntry: false })?.isFile() ?? false;
}
