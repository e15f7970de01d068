/**
 * The engine behind both protocols: a queue per accelerator, and jobs that are on the disk before anybody is
 * told of them. The order at every step is disk, memory, listeners.
 */
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import type { Logger } from "pino";
import { defined } from "../../base/defined.js";
import { errno } from "../../base/fault.js";
import { acquireLock } from "../../base/fs/lock.js";
import type { ProcessMark } from "../../base/process/alive.js";
import type { Temporaries } from "../files/temporaries.js";
import { storageProblem } from "../guard/refusals.js";
import type { Root } from "../guard/roots.js";
import { expandPath } from "../settings/load.js";
import type { AgentConfig } from "../settings/schema.js";
import { EndedJobs } from "./ended-jobs.js";
import { jobsDirectoryBusy, jobsDirectoryShared, jobsDirectoryUnusable } from "./errors.js";
import { kindOf, resolveProgram, searchPath } from "./executors.js";
import { Followers } from "./followers.js";
import { HostFiles } from "./host-files.js";
import { jobIds } from "./job-id.js";
import { JobStore } from "./job-store.js";
import { type Entry, Lane } from "./lane.js";
import { noAccelerator, noInput, parametersTooLarge, queueFull, stopping } from "./problems.js";
import { recover } from "./recover.js";
import { INTERRUPTED, type Outcome, Run } from "./run-job.js";
import type { AcceleratorInfo, Draft, Job, JobEngine, JobRequest } from "./types.js";

export interface EngineOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  /** The authorized directories; they stay the caller's, to be closed after the engine. */
  readonly roots: readonly Root[];
  /** Those of the uploads, so that the sweep at start spares outputs on their way. */
  readonly temporaries: Temporaries;
  /** Directory with `gzip.mjs` and `sha3.mjs`. @default - beside the bundle, or where the build leaves them */
  readonly builtins?: string;
  /** From SIGTERM to SIGKILL. @default 5000 */
  readonly graceMs?: number;
}

/** Bytes of `-j` as JSON: whatever is larger is an input. */
export const PARAMETERS_BYTES = 1024 * 1024;
/** Bytes of all jobs that wait, as JSON; so long a queue of such parameters is a full one. */
const WAITING_BYTES = 64 * 1024 * 1024;
/** Between two looks for jobs that are older than keep_jobs_seconds. */
const SWEEP_MS = 30_000;

/** Ends what an earlier agent left behind, then takes jobs. @throws Fault */
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
    const lanes = Object.entries(config.accelerators).map(([name, settings]) => {
      const program = resolveProgram(settings, searchPath(env), options.builtins);
      if ("missing" in program) {
        log.warn({ event: "not-startable", accelerator: name, reason: program.missing }, "its jobs will fail");
      }
      return new Lane(name, kindOf(settings), settings, program);
    });
    const engine = new Engine(lanes, store, config.keep_jobs_seconds * 1000, past.lastId, unlock, options);
    await engine.remember(past.jobs);
    return engine;
  } catch (error) {
    await unlock();
    throw error;
  }
}

class Engine implements JobEngine {
  readonly defaultAccelerator: string | undefined;
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #store: JobStore;
  readonly #options: EngineOptions;
  readonly #host: HostFiles;
  readonly #entries = new Map<string, Entry>();
  readonly #ended: EndedJobs;
  readonly #followers: Followers;
  readonly #nextId: () => string;
  readonly #unlock: () => Promise<void>;
  readonly #sweep: NodeJS.Timeout;
  readonly #drafts = new Set<string>();
  #waitingBytes = 0;
  #closing = false;

  constructor(
    lanes: readonly Lane[],
    store: JobStore,
    keepMs: number,
    lastId: string | undefined,
    unlock: () => Promise<void>,
    options: EngineOptions,
  ) {
    this.#lanes = new Map(lanes.map((lane) => [lane.name, lane]));
    this.defaultAccelerator = lanes[0]?.name;
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
      this.#entries.set(job.id, { job, bytes, ready: true, ended: Promise.resolve(), end: () => undefined });
      this.#ended.add(job.id, job.endedAt ?? job.createdAt, bytes);
    }
    await this.#forgetOld();
  }

  accelerators = (): readonly AcceleratorInfo[] => [...this.#lanes.values()].map((lane) => lane.info());

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
      const lane = this.#admit(request);
      const inputBytes = this.#check(request, id);
      const job: Job = {
        ...request,
        id,
        state: "queued",
        createdAt: Date.now(),
        ...defined({ inputBytes }),
      };
      const entry = newEntry(job);
      // Its place is that of the call, however long the disk takes.
      lane.waiting.push(entry);
      this.#waitingBytes += entry.bytes;
      try {
        if (draft === undefined) await this.#store.make(id);
        await this.#store.write({ job }, true);
      } catch (error) {
        this.#leave(lane, entry);
        this.#pump(lane);
        throw error;
      }
      entry.ready = true;
      this.#entries.set(id, entry);
      if (this.#closing) await this.#giveUp(lane, entry);
      else this.#pump(lane);
      return entry.job;
    } catch (error) {
      await this.#store.remove(id).catch(() => undefined);
      throw storageProblem(error);
    }
  }

  get(id: string): Job | undefined {
    return this.#entries.get(id)?.job;
  }

  list(filter: Parameters<JobEngine["list"]>[0] = {}): readonly Job[] {
    const { accelerator, state, phase } = filter;
    return [...this.#entries.values()]
      .map(({ job }) => job)
      .filter((job) => accelerator === undefined || job.accelerator === accelerator)
      .filter((job) => state === undefined || job.state === state)
      .filter((job) => phase === undefined || job.phase === phase)
      .sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  async cancel(id: string): Promise<Job | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    if (entry.run !== undefined) entry.run.stop("cancelled");
    else if (entry.job.state === "queued") {
      const lane = this.#lanes.get(entry.job.accelerator);
      if (lane !== undefined && this.#leave(lane, entry)) {
        await this.#finish(entry, { state: "cancelled" });
        this.#pump(lane);
      }
    }
    await entry.ended;
    return entry.job;
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
    for (const lane of this.#lanes.values()) sum += lane.waiting.length + lane.running.size;
    return sum;
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#sweep);
    const running: Entry[] = [];
    for (const lane of this.#lanes.values()) {
      running.push(...lane.running);
      for (const entry of lane.running) entry.run?.stop("interrupted");
      for (const entry of lane.waiting.filter(({ ready }) => ready)) await this.#giveUp(lane, entry);
    }
    await Promise.all(running.map(({ ended }) => ended));
    this.#followers.clear();
    await this.#unlock();
  }

  /** @throws Problem */
  #admit({ accelerator, parameters }: JobRequest): Lane {
    if (this.#closing) throw stopping();
    const lane = this.#lanes.get(accelerator);
    if (lane === undefined) throw noAccelerator(accelerator);
    if (Buffer.byteLength(JSON.stringify(parameters)) > PARAMETERS_BYTES) throw parametersTooLarge(PARAMETERS_BYTES);
    if (lane.isFull() || this.#waitingBytes > WAITING_BYTES) throw queueFull(accelerator, lane.waiting.length);
    return lane;
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

  #pump(lane: Lane): void {
    for (let entry = lane.next(); entry !== undefined && !this.#closing; entry = lane.next()) {
      this.#leave(lane, entry);
      lane.running.add(entry);
      void this.#start(lane, entry);
    }
  }

  async #start(lane: Lane, entry: Entry): Promise<void> {
    const { env, log, graceMs = 5_000 } = this.#options;
    const { job } = entry;
    entry.run = new Run({
      job,
      kind: lane.kind,
      program: lane.program,
      timeoutMs: lane.settings.timeout_seconds * 1000,
      graceMs,
      env,
      store: this.#store,
      host: this.#host,
      started: (leader) => this.#running(entry, leader),
      progressed: (progress) => {
        entry.job = { ...entry.job, progress };
        this.#followers.tellSoon(entry.job);
      },
      outlasted: (pids) => log.error({ event: "processes-left", job: job.id, pids }),
    });
    const outcome = await entry.run.outcome;
    await this.#finish(entry, outcome);
    this.#pump(lane);
    await this.#forgetOld();
  }

  async #running(entry: Entry, leader: ProcessMark): Promise<void> {
    const job: Job = { ...entry.job, state: "running", startedAt: Date.now() };
    await this.#store.write({ job, leader });
    entry.job = job;
    this.#followers.tell(job);
  }

  async #finish(entry: Entry, outcome: Outcome): Promise<void> {
    const { id } = entry.job;
    const job: Job = { ...entry.job, ...outcome, endedAt: Date.now() };
    const keepOutput = job.state === "done" && job.output?.kind === "private";
    try {
      // First, so that a full disk has room for the journal again.
      await this.#store.tidy(id, keepOutput);
      entry.bytes = await this.#store.write({ job });
      entry.job = job;
    } catch (error) {
      // On the disk it still runs, and will have failed at the next start: so it has failed now.
      this.#options.log.error({ event: "job-unsaved", job: id, cause: String(error) });
      const { result: _, outputBytes: __, ...rest } = job;
      const failure = { reason: "output", detail: "the host could not write down how the job ended" } as const;
      entry.job = { ...rest, state: "failed", failure: job.failure ?? failure };
      await this.#store.tidy(id, false).catch(() => undefined);
    }
    this.#settle(entry);
  }

  /** A job that waits when the agent stops. */
  async #giveUp(lane: Lane, entry: Entry): Promise<void> {
    this.#leave(lane, entry);
    entry.job = { ...entry.job, state: "failed", failure: INTERRUPTED, endedAt: Date.now() };
    await this.#store.note({ job: entry.job }).catch(() => undefined);
    await this.#store.tidy(entry.job.id, false).catch(() => undefined);
    this.#settle(entry);
  }

  #settle(entry: Entry): void {
    const { job } = entry;
    delete entry.run;
    this.#lanes.get(job.accelerator)?.running.delete(entry);
    this.#ended.add(job.id, job.endedAt ?? job.createdAt, entry.bytes);
    this.#followers.tell(job);
    entry.end();
  }

  /** @returns whether it waited. */
  #leave(lane: Lane, entry: Entry): boolean {
    const index = lane.waiting.indexOf(entry);
    if (index < 0) return false;
    lane.waiting.splice(index, 1);
    this.#waitingBytes -= entry.bytes;
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
    const known = this.#entries.delete(id);
    this.#ended.delete(id);
    this.#followers.drop(id);
    await this.#store.remove(id);
    return known;
  }
}

function newEntry(job: Job): Entry {
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

/** @returns undefined where it is no file. */
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

/** Makes jobs_dir. Inside an authorized directory, clients would read and write the files of all jobs. */
function prepare(path: string, roots: readonly Root[]): string {
  let dir: string;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    dir = realpathSync(path);
  } catch (error) {
    throw jobsDirectoryUnusable(path, errno(error) ?? String(error));
  }
  const within = (inner: string, outer: string) => inner === outer || inner.startsWith(outer + sep);
  const shared = roots.find((root) => within(dir, root.path) || within(root.path, dir));
  if (shared !== undefined) throw jobsDirectoryShared(path, shared.name);
  return dir;
}
