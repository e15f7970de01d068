/** A job as clients see it. Pure. */
import { hasEnded, type Job } from "../jobs/types.js";
import { formatFileRef } from "./host-url.js";
import type { JobDocument, JobSummaryDocument } from "./schemas.js";

/** For lists: without members that may be long. */
export function summaryOf(job: Job): JobSummaryDocument {
  const { id, accelerator, phase, state } = job;
  const begun = job.state === "queued" ? undefined : job;
  const ended = hasEnded(job) ? job : undefined;
  return withoutUndefined({
    id,
    accelerator,
    phase,
    state,
    created_at: iso(job.createdAt),
    started_at: begun?.startedAt === undefined ? undefined : iso(begun.startedAt),
    ended_at: ended === undefined ? undefined : iso(ended.endedAt),
    progress: begun?.progress,
    exit_status: ended?.exitStatus,
    failure: ended?.state === "failed" ? { reason: ended.failure.reason, detail: ended.failure.detail } : undefined,
    input: job.input === undefined ? undefined : formatFileRef(job.input),
    output: job.output === undefined ? undefined : formatFileRef(job.output),
    input_bytes: job.inputBytes,
    output_bytes: ended?.state === "done" ? ended.outputBytes : undefined,
  });
}

export function documentOf(job: Job): JobDocument {
  const { parameters } = job;
  const { result } = hasEnded(job) ? job : {};
  const { stderrTail } = job.state === "queued" ? {} : job;
  return { ...summaryOf(job), ...withoutUndefined({ parameters, result, stderr_tail: stderrTail }) };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** An absent member and one that is undefined are the same JSON, but not the same type. */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}
