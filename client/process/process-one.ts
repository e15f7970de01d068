/**
 * Processes one input on one host: send, run, fetch. After a failure no job keeps running unattended. A job that is done
 * stays on the host until its output has arrived.
 */
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import { makeDir } from "../../base/fs/make-dir.js";
import type { AgentClient } from "../agent/agent-client.js";
import type { JobAnswer } from "../agent/job-answers.js";
import type { JobInput } from "../agent/jobs.js";
import { tryDownload } from "../agent/transfer/download.js";
import { destinationUnusable, jobCancelled, jobFailed, OutputNotFetched, tookTooLong } from "./errors.js";
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
  /** Aborts everything, after an interruption. */
  readonly signal: AbortSignal;
  /** The longest that a job may take from its submission to its end, also as the user wrote it. */
  readonly timeout?: { readonly text: string; readonly ms: number };
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
/** After that: to send one more request. */
const REMOVAL_MS = 1_000;

/** Later, setTimeout() would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Submits and does not wait. */
export function submitOnly(work: Work, around: ProcessEnvironment): Promise<JobAnswer> {
  return guarded(around, (key) => around.client.jobs.submit({ ...submission(work, around), key }));
}

/** @throws Fault, with the end of stderr if the program failed. */
export async function processOne(work: Work, around: ProcessEnvironment): Promise<Processed> {
  const { client, host, signal } = around;
  await tryDestination(work.dst);
  const job = await guarded(around, (key) => run(work, around, key));
  const { id, state } = job;
  // A record of a failure stays on the host for diagnosis.
  if (state === "cancelled") throw jobCancelled(id, host);
  if (state !== "done") throw jobFailed(id, host, job.failure?.detail ?? state, job.stderr_tail);
  const fetched = await fetch(work.dst, id, around).catch((error: unknown) => {
    throw new OutputNotFetched(error, host, id);
  });
  // The output is in its place. A record left on the host is no failure.
  if (work.dst !== undefined) await client.jobs.remove(id, { signal }).catch(() => undefined);
  return { job, ...fetched };
}

/** @returns the job as it ended. */
async function run(work: Work, around: ProcessEnvironment, key: string): Promise<JobAnswer> {
  const { client, host, signal, timeout, onState, retries } = around;
  const { id } = await client.jobs.submit({ ...submission(work, around), key });
  const follow = (ends: AbortSignal) => client.jobs.follow(id, defined({ signal: ends, onState, retries }));
  if (timeout === undefined) return follow(signal);
  const over = AbortSignal.timeout(Math.min(timeout.ms, LONGEST_MS));
  return follow(AbortSignal.any([signal, over])).catch((error: unknown) => {
    const tooLong = over.aborted && !signal.aborted && error instanceof Fault && error.code === "client/aborted";
    throw tooLong ? tookTooLong(host, timeout.text) : error;
  });
}

/** Checks, before hours of work, whether the output can be written. */
async function tryDestination(dst: Place | undefined): Promise<void> {
  if (dst?.kind !== "file") return;
  try {
    await makeDir(dirname(dst.path));
    await tryDownload(dst.path);
  } catch (error) {
    throw destinationUnusable(dst.path, error);
  }
}

async function guarded<T>(around: ProcessEnvironment, submit: (key: string) => Promise<T>): Promise<T> {
  const key = randomUUID();
  try {
    return await submit(key);
  } catch (error) {
    const done = await forget(around, key);
    throw done === undefined ? error : new OutputNotFetched(error, around.host, done);
  }
}

/**
 * Ends and deletes the job by its key: without an answer, we do not know whether the host accepted the job.
 *
 * @returns the id of a job that is done all the same and has an output to fetch. It stays on the host.
 */
async function forget({ lastClient }: ProcessEnvironment, key: string): Promise<string | undefined> {
  const signal = AbortSignal.timeout(LAST_MS);
  let client: AgentClient | undefined;
  try {
    client = await lastClient();
    const { jobs } = client;
    let done: string | undefined;
    for (const { id } of await jobs.list({ key, signal })) {
      // The answer shows how the job ended. A removal would also delete the output of a job that is done by now.
      const job = await jobs.cancel(id, { signal }).catch((error: unknown) => {
        // Its program takes long to end. The removal takes effect even after we have closed the connection.
        if (!signal.aborted) throw error;
        return undefined;
      });
      if (job?.state !== "done") await jobs.remove(id, { signal: AbortSignal.timeout(REMOVAL_MS) });
      else if (job.output === "private") done = id;
    }
    return done;
  } catch {
    // The host is unreachable, which is why we are here. Its own time limit ends the job.
    return undefined;
  } finally {
    client?.close();
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
  await makeDir(dirname(dst.path));
  return client.jobs.download(id, dst.path, options);
}
