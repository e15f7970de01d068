/**
 * The engine behind both protocols: a queue per accelerator. Every step writes to the disk first, then to memory, and
 * then tells the listeners, so no client learns of a job that a crash could lose.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import type { Logger } from "pino";
import { defined } from "../../base/defined.js";
import { errno } from "../../base/fault.js";
import { acquireLock } from "../../base/fs/lock.js";
import { makeDirSync } from "../../base/fs/make-dir.js";
import type { ProcessMark } from "../../base/process/alive.js";
import type { Temporaries } from "../files/temporaries.js";
import { storageProblem } from "../guard/errno-problem.js";
import type { Root } from "../guard/roots.js";
import { expandPath } from "../settings/load.js";
import type { AgentConfig } from "../settings/schema.js";
import { EndedJobs } from "./ended-jobs.js";
import { jobsDirectoryBusy, jobsDirectoryShared, jobsDirectoryUnusable } from "./errors.js";
import { kindOf, resolveProgram, searchPath } from "./executors.js";
import { Followers } from "./followers.js";
import { HostFiles } from "./host-files.js";
import { jobIds } from "./job-id.js";
import { JobQueue, type QueuedJob } from "./job-queue.js";
import { JobStore } from "./job-store.js";
import { noAccelerator, noInput, parametersTooLarge, queueFull, stopping } from "./problems.js";
import { recover } from "./recover.js";
import { INTERRUPTED, type Outcome, Run } from "./run-job.js";
import type { AcceleratorInfo, Draft, Job, JobEngine, JobRequest } from "./types.js";

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

/** Ends the leftovers of an earlier agent, then accepts jobs. @throws Fault */
export async function startEngine(
  config: Pick<AgentConfig, "accelerators" | "jobs_dir" | "keep_jobs_seconds">,
  options: EngineOptions,
): Promise<JobEngine> {
  const { env, log } = options;
  const dir = prepare(expandPath("jobs_dir", config.jobs_dir, env), options.roots);
  const unlock = await acquireLock(join(dir, ".lock"), { held: (pid) => jobsDirectoryBusy(dir, pid) });
  try {
    const store = new JobStore(dir);
    const past = await recover(store);
    if (past.interrupted + past.removed > 0) {
      const { interrupted, removed } = past;
      log.warn({ event: "jobs-recovered", interrupted, removed }, "jobs of an earlier run were ended as failed");
    }
    if (past.outlasted.length > 0) log.error({ event: "processes-left", pids: past.outlasted });
    const queues = Object.entries(config.accelerators).map(([name, settings]) => {
      const program = resolveProgram(settings, searchPath(env), options.builtins);
      if ("missing" in program) {
        log.warn({ event: "not-startable", accelerator: name, reason: program.missing }, "its jobs will fail");
      }
      return new JobQueue(name, kindOf(settings), settings, program);
    });
    const engine = new Engine({
      queues,
      store,
      keepMs: config.keep_jobs_seconds * 1000,
      lastId: past.lastId,
      unlock,
      options,
    });
    await engine.remember(past.jobs);
    return engine;
  } catch (error) {
    await unlock();
    throw error;
  }
}

interface EngineParts {
  readonly queues: readonly JobQueue[];
  readonly store: JobStore;
  /** How long an ended job is remembered. */
  readonly keepMs: number;
  /** The greatest id of earlier runs. */
  readonly lastId: string | undefined;
  readonly unlock: () => Promise<void>;
  readonly options: EngineOptions;
}

class Engine implements JobEngine {
  readonly defaultAccelerator: string | undefined;
  readonly #queues: ReadonlyMap<string, JobQueue>;
  readonly #store: JobStore;
  readonly #options: EngineOptions;
  readonly #host: HostFiles;
  readonly #jobs = new Map<string, QueuedJob>();
  readonly #ended: EndedJobs;
  readonly #followers: Followers;
  readonly #nextId: () => string;
  readonly #unlock: () => Promise<void>;
  readonly #sweep: NodeJS.Timeout;
  readonly #drafts = new Set<string>();
  #waitingBytes = 0;
  #closing = false;

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

  /** Jobs of an earlier run, oldest end first. */
  async remember(jobs: ReadonlyArray<{ readonly job: Job; readonly bytes: number }>): Promise<void> {
    for (const { job, bytes } of jobs) {
      this.#jobs.set(job.id, { job, bytes, ready: true, ended: Promise.resolve(), end: () => undefined });
      this.#ended.add(job.id, job.endedAt ?? job.createdAt, bytes);
    }
    await this.#forgetOld();
  }

  accelerators = (): readonly AcceleratorInfo[] => [...this.#queues.values()].map((queue) => queue.info());

  async draft(): Promise<Draft> {
    if (this.#closing) throw stopping();
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

  async submit(request: JobRequest, draft?: Draft): Promise<Job> {
    const id = draft?.id ?? this.#nextId();
    if (draft !== undefined && !this.#drafts.delete(id)) throw new Error(`draft ${id} was used before`);
    try {
      const queue = this.#admit(request);
      const inputBytes = this.#check(request, id);
      const job: Job = {
        ...request,
        id,
        state: "queued",
        createdAt: Date.now(),
        ...defined({ inputBytes }),
      };
      const queued = queuedJob(job);
      // Its place in the queue is that of the call, however long the disk takes.
      queue.waiting.push(queued);
      this.#waitingBytes += queued.bytes;
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
      if (this.#closing) await this.#giveUp(queue, queued);
      else this.#pump(queue);
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

  async cancel(id: string): Promise<Job | undefined> {
    const queued = this.#jobs.get(id);
    if (queued === undefined) return undefined;
    if (queued.run !== undefined) queued.run.stop("cancelled");
    else if (queued.job.state === "queued") {
      const queue = this.#queues.get(queued.job.accelerator);
      if (queue !== undefined && this.#leave(queue, queued)) {
        await this.#finish(queued, { state: "cancelled" });
        this.#pump(queue);
      }
    }
    await queued.ended;
    return queued.job;
  }

  async remove(id: string): Promise<boolean> {
    if ((await this.cancel(id)) === undefined) return false;
    return this.#forget(id);
  }

  async openOutput(id: string): Promise<{ fd: number; size: number } | undefined> {
    const job = this.get(id);
    if (job?.state !== "done" || job.output?.kind !== "private") return undefined;
    return openFile(this.#store.file(id, "output"));
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
    this.#closing = true;
    clearInterval(this.#sweep);
    const running: QueuedJob[] = [];
    for (const queue of this.#queues.values()) {
      running.push(...queue.running);
      for (const queued of queue.running) queued.run?.stop("interrupted");
      for (const queued of queue.waiting.filter(({ ready }) => ready)) await this.#giveUp(queue, queued);
    }
    await Promise.all(running.map(({ ended }) => ended));
    this.#followers.clear();
    await this.#unlock();
  }

  /** @throws Problem */
  #admit({ accelerator, parameters }: JobRequest): JobQueue {
    if (this.#closing) throw stopping();
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
    for (let queued = queue.next(); queued !== undefined && !this.#closing; queued = queue.next()) {
      this.#leave(queue, queued);
      queue.running.add(queued);
      void this.#start(queue, queued);
    }
  }

  async #start(queue: JobQueue, queued: QueuedJob): Promise<void> {
    const { env, log, graceMs = 5_000 } = this.#options;
    const { job } = queued;
    queued.run = new Run({
      job,
      kind: queue.kind,
      program: queue.program,
      timeoutMs: queue.settings.timeout_seconds * 1000,
      graceMs,
      env,
      store: this.#store,
      host: this.#host,
      started: (leader) => this.#running(queued, leader),
      progressed: (progress) => {
        queued.job = { ...queued.job, progress };
        this.#followers.tellSoon(queued.job);
      },
      outlasted: (pids) => log.error({ event: "processes-left", job: job.id, pids }),
    });
    const outcome = await queued.run.outcome;
    await this.#finish(queued, outcome);
    this.#pump(queue);
    await this.#forgetOld();
  }

  async #running(queued: QueuedJob, leader: ProcessMark): Promise<void> {
    const job: Job = { ...queued.job, state: "running", startedAt: Date.now() };
    await this.#store.write({ job, leader });
    queued.job = job;
    this.#followers.tell(job);
  }

  async #finish(queued: QueuedJob, outcome: Outcome): Promise<void> {
    const { id } = queued.job;
    const job: Job = { ...queued.job, ...outcome, endedAt: Date.now() };
    const keepOutput = job.state === "done" && job.output?.kind === "private";
    try {
      // First, so that a full disk has room for the journal again.
      await this.#store.tidy(id, keepOutput);
      queued.bytes = await this.#store.write({ job });
      queued.job = job;
    } catch (error) {
      // The disk says that it still runs, and the next start would make it failed. So it has failed now.
      this.#options.log.error({ event: "job-unsaved", job: id, cause: String(error) });
      const { result: _, outputBytes: __, ...rest } = job;
      const failure = { reason: "output", detail: "the host could not write down how the job ended" } as const;
      queued.job = { ...rest, state: "failed", failure: job.failure ?? failure };
      await this.#store.tidy(id, false).catch(() => undefined);
    }
    this.#settle(queued);
  }

  /** Fails a job that is queued when the agent stops. */
  async #giveUp(queue: JobQueue, queued: QueuedJob): Promise<void> {
    this.#leave(queue, queued);
    queued.job = { ...queued.job, state: "failed", failure: INTERRUPTED, endedAt: Date.now() };
    await this.#store.note({ job: queued.job }).catch(() => undefined);
    await this.#store.tidy(queued.job.id, false).catch(() => undefined);
    this.#settle(queued);
  }

  #settle(queued: QueuedJob): void {
    const { job } = queued;
    delete queued.run;
    this.#queues.get(job.accelerator)?.running.delete(queued);
    this.#ended.add(job.id, job.endedAt ?? job.createdAt, queued.bytes);
    this.#followers.tell(job);
    queued.end();
  }

  /** @returns whether it was queued. */
  #leave(queue: JobQueue, queued: QueuedJob): boolean {
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

function queuedJob(job: Job): QueuedJob {
  const { promise, resolve } = withResolvers();
  return { job, bytes: JSON.stringify(job).length, ready: false, ended: promise, end: resolve };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** @returns undefined if it is not a regular file. */
function openFile(file: string): { fd: number; size: number } | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errno(error) === "ENOENT" || errno(error) === "ELOOP") return undefined;
    throw error;
  }
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, size: stat.size };
  closeSync(fd);
  return undefined;
}

/** Creates jobs_dir. Inside an authorized directory, clients could read and write the files of all jobs. */
function prepare(path: string, roots: readonly Root[]): string {
  let dir: string;
  try {
    makeDirSync(path, 0o700);
    dir = realpathSync(path);
  } catch (error) {
    throw jobsDirectoryUnusable(path, errno(error) ?? String(error));
  }
  const within = (inner: string, outer: string) => inner === outer || inner.startsWith(outer + sep);
  const shared = roots.find((root) => within(dir, root.path) || within(root.path, dir));
  if (shared !== undefined) throw jobsDirectoryShared(path, shared.name);
  return dir;
}
