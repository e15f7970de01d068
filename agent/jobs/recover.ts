/**
 * Cleans up after an agent that stopped or was killed: ends the processes that it left, removes their files, and fails
 * the jobs whose programs ran, because how much of them was done is unknown. Jobs that are still queued stay so.
 */
import type { JobStore, Journal } from "./job-store.js";
import { endProcesses } from "./processes.js";
import { INTERRUPTED } from "./run-job.js";
import type { EndedJob, QueuedJob } from "./types.js";

export interface Recovered {
  /** Oldest end first, with the size of their journals. */
  readonly ended: ReadonlyArray<{ readonly job: EndedJob; readonly bytes: number }>;
  /** In the order of their submission. */
  readonly queued: readonly QueuedJob[];
  readonly lastId: string | undefined;
  readonly interrupted: number;
  /** Directories without a journal. */
  readonly removed: number;
  readonly outlasted: readonly number[];
}

export async function recover(store: JobStore): Promise<Recovered> {
  const ended: Array<{ job: EndedJob; bytes: number }> = [];
  const queued: QueuedJob[] = [];
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
    const job = asFound(journal);
    if (job !== journal.job) {
      interrupted += 1;
      if (journal.leader !== undefined) outlasted.push(...(await endProcesses(id, journal.leader)));
    }
    await store.tidy(job);
    if (job.state === "queued") queued.push(job);
    // If this is lost, the next start comes to the same result.
    else ended.push({ job, bytes: job === journal.job ? JSON.stringify(job).length : await store.note({ job }) });
  }
  ended.sort((a, b) => a.job.endedAt - b.job.endedAt);
  // An id is as old as the upload of the input, which other jobs may have overtaken.
  queued.sort((a, b) => a.createdAt - b.createdAt);
  return { ended, queued, lastId: ids.at(-1), interrupted, removed, outlasted };
}

function asFound({ job }: Journal): QueuedJob | EndedJob {
  if (job.state !== "running") return job;
  const { progress: _, ...rest } = job;
  return { ...rest, state: "failed", failure: INTERRUPTED, endedAt: Date.now() };
}
