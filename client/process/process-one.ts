/** Processes one input on one host: send, run, fetch. After a failure no job keeps running unattended. */
import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import type { AgentClient } from "../agent/agent-client.js";
import type { JobAnswer } from "../agent/job-answers.js";
import type { JobInput } from "../agent/jobs.js";
import { jobCancelled, jobFailed, localOnly, tookTooLong } from "./errors.js";
import type { Place } from "./places.js";

export interface Work {
  readonly src: Place;
  /** Undefined: the output stays with the job. */
  readonly dst: Place | undefined;
  readonly accelerator?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export interface ProcessEnvironment {
  /** The host's name in messages. */
  readonly host: string;
  readonly client: AgentClient;
  /** A client that survives an interruption, for cleaning up afterwards. */
  readonly lastClient: () => Promise<AgentClient>;
  /** Aborts everything, after an interruption or a timeout. */
  readonly signal: AbortSignal;
  /** The timeout as the user wrote it, if `signal` also aborts after a time. */
  readonly timeout?: { readonly text: string; readonly signal: AbortSignal };
  readonly onSend?: (done: number, total: number | undefined) => void;
  readonly onState?: (job: JobAnswer) => void;
  readonly onFetch?: (done: number, total: number | undefined) => void;
  /** Maximum broken connections while the job runs. */
  readonly retries?: number;
}

export interface Processed {
  readonly job: JobAnswer;
  /** Size of the output, if it was fetched. */
  readonly size?: number;
  readonly sha256?: string;
}

/** A lost host must not delay the end of the command for long. */
const LAST_MS = 5_000;

/** Submits and does not wait. */
export function submitOnly(work: Work, around: ProcessEnvironment): Promise<JobAnswer> {
  return guarded(around, (key) => around.client.jobs.submit({ ...submission(work, around), key }));
}

/** @throws Fault, with the end of stderr if the program failed. */
export function processOne(work: Work, around: ProcessEnvironment): Promise<Processed> {
  const { client, host, signal, retries } = around;
  const { jobs } = client;
  return guarded(around, async (key, settled) => {
    const { id } = await jobs.submit({ ...submission(work, around), key });
    const job = await jobs.follow(
      id,
      defined({
        signal,
        onState: around.onState,
        retries,
      }),
    );
    if (job.state !== "done") {
      // The job has ended. Its record stays on the host for diagnosis.
      settled();
      if (job.state === "cancelled") throw jobCancelled(id, host);
      throw jobFailed(id, host, job.failure?.detail ?? job.state, job.stderr_tail);
    }
    const fetched = await fetch(work.dst, id, around);
    // The output is in its place. A record left on the host is no failure.
    if (work.dst !== undefined) await jobs.remove(id, { signal }).catch(() => undefined);
    return { job, ...fetched };
  });
}

async function guarded<T>(
  around: ProcessEnvironment,
  run: (key: string, settled: () => void) => Promise<T>,
): Promise<T> {
  const key = randomUUID();
  let isSettled = false;
  try {
    return await run(key, () => {
      isSettled = true;
    });
  } catch (error) {
    if (!isSettled) await forget(around, key);
    const { timeout } = around;
    if (timeout?.signal.aborted === true && error instanceof Fault && error.code === "client/aborted") {
      throw tookTooLong(around.host, timeout.text);
    }
    throw error;
  }
}

/** Deletes the job by its key: without an answer, we do not know whether the host accepted the job. */
async function forget({ lastClient }: ProcessEnvironment, key: string): Promise<void> {
  const signal = AbortSignal.timeout(LAST_MS);
  const client = await lastClient();
  try {
    for (const { id } of await client.jobs.list({ key, signal })) await client.jobs.remove(id, { signal });
  } catch {
    // The host is unreachable, which is why we are here. Its own time limit ends the job.
  } finally {
    client.close();
  }
}

function submission({ src, dst, accelerator, parameters }: Work, { signal, onSend }: ProcessEnvironment) {
  return defined({
    signal,
    input: inputOf(src),
    accelerator,
    parameters,
    output: dst?.kind === "host" ? dst.url : undefined,
    onProgress: onSend,
  });
}

function inputOf(src: Place): JobInput {
  if (src.kind === "file") return { file: src.path };
  return src.kind === "host" ? { url: src.url } : { stream: process.stdin };
}

async function fetch(dst: Place | undefined, id: string, { client, signal, onFetch, retries }: ProcessEnvironment) {
  const options = defined({
    signal,
    onProgress: onFetch,
    retries,
  });
  if (dst?.kind === "stream") return client.jobs.output(id, process.stdout, options);
  if (dst?.kind !== "file") return {};
  await mkdir(dirname(dst.path), { recursive: true }).catch((error) => {
    throw localOnly(dst.path, error);
  });
  return client.jobs.download(id, dst.path, options);
}
