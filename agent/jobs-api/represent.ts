/** A job as clients see it. Pure. */
import type { Job } from "../jobs/types.js";
import { formatFileRef } from "./host-url.js";
import type { JobDocument, JobSummaryDocument } from "./schemas.js";

/** For lists: without members that may be long. */
export function summaryOf(job: Job): JobSummaryDocument {
  const { id, accelerator, phase, state, failure } = job;
  return withoutUndefined({
    id,
    accelerator,
    phase,
    state,
    created_at: iso(job.createdAt),
    started_at: job.startedAt === undefined ? undefined : iso(job.startedAt),
    ended_at: job.endedAt === undefined ? undefined : iso(job.endedAt),
    progress: job.progress,
    exit_status: job.exitStatus,
    failure: failure === undefined ? undefined : { reason: failure.reason, detail: failure.detail },
    input: job.input === undefined ? undefined : formatFileRef(job.input),
    output: job.output === undefined ? undefined : formatFileRef(job.output),
    input_bytes: job.inputBytes,
    output_bytes: job.outputBytes,
  });
}

export function documentOf(job: Job): JobDocument {
  const { parameters, result, stderrTail } = job;
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
