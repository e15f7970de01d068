/**
 * The engine behind both protocols: a queue per accelerator. Every step writes to the disk first, then to memory, and
 * then tells the listeners, so no client learns of a job that a crash could lose.
 */
import { lstatSync } from "node:fs";
import type { Logger } from "pino";
import { defined } from "../../base/defined.js";
import type { ProcessMark } from "../../base/process/alive.js";
import type { Temporaries } from "../files/temporaries.js";
import { storageProblem } from "../guard/errno-problem.js";
import type { Root } from "../guard/roots.js";
import { EndedJobs } from "./ended-jobs.js";
import { Followers } from "./followers.js";
import { HostFiles } from "./host-files.js";
import { jobIds } from "./job-id.js";
import { type JobEntry, type JobQueue, jobEntry } from "./job-queue.js";
import type { JobStore } from "./job-store.js";
import { noAccelerator, noInput, parametersTooLarge, queueFull, stopping } from "./problems.js";
import type { Recovered } from "./recover.js";
import { Run } from "./run-job.js";
import {
  type AcceleratorInfo,
  type Draft,
  type EndedJob,
  hasEnded,
  type Job,
  type JobEngine,
  type JobFailure,
  type JobOutcome,
  type JobRequest,
  type QueuedJob,
  type RunningJob,
} from "./types.js";

export interface EngineOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  /** The authorized directories; the caller closes them after the engine. */
  readonly roots: readonly Root[];
  /** Shared with the uploads, so that the sweep at start spares outputs in progress. */
  readonly temporaries: Temporaries;
  /** Directory with `gzip.mjs` and `sha3.mjs`. @default - beside the bundle, or where the build leaves them */
  readonly builtins?: string;
  /** From SIGTERM to SIGKILL. @default 5000 */
  readonly graceMs?: number;
}

/** Bytes of `-j` as JSON: anything larger should be an input. */
const PARAMETERS_BYTES = 1024 * 1024;
/** Bytes of all queued jobs as JSON; beyond this, the queue counts as full. */
const WAITING_BYTES = 64 * 1024 * 1024;
/** Interval of the search for jobs that are older than keep_jobs_seconds. */
const SWEEP_MS = 30_000;

const UNSAVED: JobFailure = { reason: "output", detail: "the host could not write down how the job ended" };

export interface EngineParts {
  readonly queues: readonly JobQueue[];
  readonly store: JobStore;
  /** How long an ended job is remembered. */
  readonly keepMs: number;
  /** The greatest id of earlier runs. */
  readonly lastId: string | undefined;
  readonly unlock: () => Promise<void>;
  readonly options: EngineOptions;
}

export class QueueEngine implements JobEngine {
  readonly defaultAccelerator: string | undefined;
  readonly #queues: ReadonlyMap<string, JobQueue>;
  readonly #store: JobStore;
  readonly #options: EngineOptions;
  readonly #host: HostFiles;
  readonly #jobs = new Map<string, JobEntry>();
  readonly #ended: EndedJobs;
  readonly #followers: Followers;
  readonly #nextId: () => string;
  readonly #unlock: () => Promise<void>;
  readonly #sweep: NodeJS.Timeout;
  readonly #drafts = new Set<string>();
  readonly #stopping = new AbortController();
  /** What close() waits for: after it, the directory may be another agent's. */
  readonly #writing = new Set<Promise<unknown>>();
  #waitingBytes = 0;
  #mayRun = false;

  constructor(parts: EngineParts) {
    const { queues, store, keepMs, lastId, unlock, options } = parts;
    this.#queues = new Map(queues.map((queue) => [queue.name, queue]));
    this.defaultAccelerator = queues[0]?.name;
    this.#store = store;
    this.#options = options;
    this.#host = new HostFiles(options.roots, options.temporaries);
    this.#ended = new EndedJobs(keepMs);
    this.#followers = new Followers((cause) => options.log.error({ event: "listener-failed", cause: String(cause) }));
    this.#nextId = jobIds(lastId);
    this.#unlock = unlock;
    this.#sweep = setInterval(() => void this.#forgetOld(), Math.min(keepMs, SWEEP_MS)).unref();
  }

  /** Jobs of an earlier run. */
  async remember({ ended, queued }: Pick<Recovered, "ended" | "queued">): Promise<void> {
    for (const { job, bytes } of ended) {
      const past = { ...jobEntry(job, true), bytes };
      past.settle();
      this.#jobs.set(job.id, past);
      this.#ended.add(job.id, job.endedAt, bytes);
    }
    for (const job of queued) {
      const waiting = jobEntry(job, true);
      this.#jobs.set(job.id, waiting);
      const queue = this.#queues.get(job.accelerator);
      if (queue !== undefined) this.#enter(queue, waiting);
      else await this.#finish(waiting, { state: "failed", failure: acceleratorGone(job.accelerator) });
    }
    await this.#forgetOld();
  }

  resume(): void {
    this.#mayRun = true;
    for (const queue of this.#queues.values()) this.#pump(queue);
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  accelerators = (): readonly AcceleratorInfo[] => [...this.#queues.values()].map((queue) => queue.info());

  async draft(): Promise<Draft> {
    if (this.stopping.aborted) throw stopping();
    const id = this.#nextId();
    await this.#store.make(id).catch((error: unknown) => {
      throw storageProblem(error);
    });
    this.#drafts.add(id);
    const abort = async () => {
      if (this.#drafts.delete(id)) await this.#store.remove(id);
    };
    return { id, inputFile: this.#store.file(id, "input"), abort };
  }

  submit(request: JobRequest, draft?: Draft): Promise<Job> {
    return this.#finishing(this.#submit(request, draft));
  }

  async #submit(request: JobRequest, draft?: Draft): Promise<Job> {
    const id = draft?.id ?? this.#nextId();
    if (draft !== undefined && !this.#drafts.delete(id)) throw new Error(`draft ${id} was used before`);
    try {
      const queue = this.#admit(request);
      const inputBytes = this.#check(request, id);
      const job: QueuedJob = {
        ...request,
        id,
        state: "queued",
        createdAt: Date.now(),
        ...defined({ inputBytes }),
      };
      const queued = jobEntry(job, false);
      // Its place in the queue is that of the call, however long the disk takes.
      this.#enter(queue, queued);
      try {
        if (draft === undefined) await this.#store.make(id);
        await this.#store.write({ job }, true);
      } catch (error) {
        this.#leave(queue, queued);
        this.#pump(queue);
        throw error;
      }
      queued.ready = true;
      this.#jobs.set(id, queued);
      this.#pump(queue);
      return queued.job;
    } catch (error) {
      await this.#store.remove(id).catch(() => undefined);
      throw storageProblem(error);
    }
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id)?.job;
  }

  list(filter: Parameters<JobEngine["list"]>[0] = {}): readonly Job[] {
    const { accelerator, state, phase } = filter;
    return [...this.#jobs.values()]
      .map(({ job }) => job)
      .filter((job) => accelerator === undefined || job.accelerator === accelerator)
      .filter((job) => state === undefined || job.state === state)
      .filter((job) => phase === undefined || job.phase === phase)
      .sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  async cancel(id: string): Promise<EndedJob | undefined> {
    const queued = this.#jobs.get(id);
    if (queued === undefined) return undefined;
    if (queued.run !== undefined) queued.run.stop("cancelled");
    else if (queued.job.state === "queued") {
      if (this.stopping.aborted) throw stopping();
      const queue = this.#queues.get(queued.job.accelerator);
      if (queue !== undefined && this.#leave(queue, queued)) {
        await this.#finishing(this.#finish(queued, { state: "cancelled" }));
        this.#pump(queue);
      }
    }
    await queued.settled;
    // The agent began to stop while this job was about to start.
    const { job } = queued;
    if (!hasEnded(job)) throw stopping();
    return job;
  }

  async remove(id: string): Promise<boolean> {
    if ((await this.cancel(id)) === undefined) return false;
    return this.#forget(id);
  }

  async openOutput(id: string): Promise<{ fd: number; size: number } | undefined> {
    const job = this.get(id);
    if (job?.state !== "done" || job.output?.kind !== "private") return undefined;
    return this.#store.openOutput(id);
  }

  follow(id: string, on: (job: Job) => void): () => void {
    return this.#followers.add(id, on);
  }

  busy(): number {
    let sum = 0;
    for (const queue of this.#queues.values()) sum += queue.waiting.length + queue.running.size;
    return sum;
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#sweep);
    const running = [...this.#queues.values()].flatMap((queue) => [...queue.running]);
    for (const queued of running) queued.run?.stop("interrupted");
    await Promise.all(running.map(({ settled }) => settled));
    await Promise.allSettled(this.#writing);
    this.#followers.clear();
    await this.#unlock();
  }

  async #finishing<T>(work: Promise<T>): Promise<T> {
    this.#writing.add(work);
    try {
      return await work;
    } finally {
      this.#writing.delete(work);
    }
  }

  /** @throws Problem */
  #admit({ accelerator, parameters }: JobRequest): JobQueue {
    if (this.stopping.aborted) throw stopping();
    const queue = this.#queues.get(accelerator);
    if (queue === undefined) throw noAccelerator(accelerator);
    if (Buffer.byteLength(JSON.stringify(parameters)) > PARAMETERS_BYTES) throw parametersTooLarge(PARAMETERS_BYTES);
    if (queue.isFull() || this.#waitingBytes > WAITING_BYTES) throw queueFull(accelerator, queue.waiting.length);
    return queue;
  }

  /** @returns bytes of input, if any. @throws Problem */
  #check({ input, output }: JobRequest, id: string): number | undefined {
    if (output?.kind === "host") this.#host.checkOutput(output);
    if (input === undefined) return undefined;
    if (input.kind === "host") return this.#host.checkInput(input);
    const stat = lstatSync(this.#store.file(id, "input"), { throwIfNoEntry: false });
    if (stat?.isFile() !== true) throw noInput();
    return stat.size;
  }

  #pump(queue: JobQueue): void {
    if (!this.#mayRun) return;
    for (let queued = queue.next(); queued !== undefined && !this.stopping.aborted; queued = queue.next()) {
      this.#leave(queue, queued);
      queue.running.add(queued);
      void this.#start(queue, queued);
    }
  }

  async #start(queue: JobQueue, queued: JobEntry): Promise<void> {
    const { env, log, graceMs = 5_000 } = this.#options;
    const { job } = queued;
    let running: RunningJob;
    queued.run = new Run({
      job,
      kind: queue.kind,
      program: queue.program,
      timeoutMs: queue.settings.timeout_seconds * 1000,
      graceMs,
      env,
      store: this.#store,
      host: this.#host,
      starting: async (leader: ProcessMark) => {
        running = { ...job, state: "running", startedAt: Date.now() };
        await this.#store.write({ job: running, leader });
      },
      started: () => {
        queued.job = running;
        this.#followers.tell(running);
      },
      heard: (said) => {
        running = { ...running, ...said };
        queued.job = running;
        this.#followers.tellSoon(running);
      },
      outlasted: (pids) => log.error({ event: "processes-left", job: job.id, pids }),
    });
    const outcome = await queued.run.outcome;
    if (outcome === "not-begun") return this.#putBack(queue, queued);
    await this.#finish(queued, outcome);
    this.#pump(queue);
    await this.#forgetOld();
  }

  /** The agent stops: the next one runs the job. */
  async #putBack(queue: JobQueue, queued: JobEntry): Promise<void> {
    const { job } = queued;
    try {
      await this.#store.tidy(job);
      await this.#store.write({ job });
    } catch (error) {
      this.#options.log.error({ event: "job-unsaved", job: job.id, cause: String(error) });
    }
    delete queued.run;
    queue.running.delete(queued);
    queued.settle();
  }

  async #finish(queued: JobEntry, outcome: JobOutcome): Promise<void> {
    const endedAt = Date.now();
    let job: EndedJob = { ...queued.job, ...outcome, endedAt };
    try {
      // First, so that a full disk has room for the journal again.
      await this.#store.tidy(job);
      queued.bytes = await this.#store.write({ job });
    } catch (error) {
      // The disk says that it still waits or runs. It has failed now, and the next start must come to no other result.
      this.#options.log.error({ event: "job-unsaved", job: job.id, cause: String(error) });
      const { exitStatus, stderrTail, inputBytes } = outcome;
      const failure = outcome.state === "failed" ? outcome.failure : UNSAVED;
      const facts = defined({ exitStatus, stderrTail, inputBytes });
      job = { ...queued.job, ...facts, state: "failed", failure, endedAt };
      const wasQueued = queued.job.state === "queued";
      await (wasQueued ? this.#store.remove(job.id) : this.#store.tidy(job)).catch(() => undefined);
    }
    this.#settle(queued, job);
  }

  #settle(queued: JobEntry, job: EndedJob): void {
    queued.job = job;
    delete queued.run;
    this.#queues.get(job.accelerator)?.running.delete(queued);
    this.#ended.add(job.id, job.endedAt, queued.bytes);
    this.#followers.tell(job);
    queued.settle();
  }

  #enter(queue: JobQueue, queued: JobEntry): void {
    queue.waiting.push(queued);
    this.#waitingBytes += queued.bytes;
  }

  /** @returns whether it was queued. */
  #leave(queue: JobQueue, queued: JobEntry): boolean {
    const index = queue.waiting.indexOf(queued);
    if (index < 0) return false;
    queue.waiting.splice(index, 1);
    this.#waitingBytes -= queued.bytes;
    return true;
  }

  async #forgetOld(): Promise<void> {
    for (const id of this.#ended.due(Date.now())) {
      await this.#forget(id).catch((cause: unknown) => {
        this.#options.log.error({ event: "job-kept", job: id, cause: String(cause) }, "its files cannot be removed");
      });
    }
  }

  async #forget(id: string): Promise<boolean> {
    const known = this.#jobs.delete(id);
    this.#ended.delete(id);
    this.#followers.drop(id);
    await this.#store.remove(id);
    return known;
  }
}

function acceleratorGone(name: string): JobFailure {
  return { reason: "not-startable", detail: `the host has no accelerator "${name}" any more` };
}
