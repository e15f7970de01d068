/** A real engine on directories of its own. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { Temporaries } from "../../../../agent/files/temporaries.js";
import { closeRoots, openRoots } from "../../../../agent/guard/roots.js";
import { startEngine } from "../../../../agent/jobs/start-engine.js";
import {
  type EndedJob,
  hasEnded,
  type Job,
  type JobEngine,
  type JobFailure,
  type JobRequest,
} from "../../../../agent/jobs/types.js";
import { parseConfig } from "../../../../agent/settings/parse.js";
import type { AgentConfig } from "../../../../agent/settings/schema.js";
import { defined } from "../../../../base/defined.js";

export interface TestEngine extends JobEngine {
  /** Parent of everything. */
  readonly base: string;
  readonly jobsDir: string;
  /** Authorized as "shared" (rw) and "data" (ro). */
  readonly shared: string;
  readonly data: string;
  readonly log: Array<Record<string, unknown>>;
  /** Submits and waits for the end. */
  run(request: Partial<JobRequest>, input?: string | Buffer): Promise<EndedJob>;
  submitOne(request: Partial<JobRequest>, input?: string | Buffer): Promise<Job>;
  /** What lies in jobs_dir of this job, in order. */
  files(id: string): string[];
  stop(): Promise<void>;
}

export interface TestEngineOptions {
  /** By name, as in agent.yaml. */
  readonly accelerators: Record<string, unknown>;
  readonly base?: string;
  /** Leaves the base for another engine. */
  readonly keep?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly graceMs?: number;
  readonly keepSeconds?: number;
  readonly builtins?: string;
  /** Lets no job run before `resume()`. */
  readonly paused?: boolean;
  /** Made before the engine starts. */
  readonly arrange?: (base: string) => void;
}

/** A short program in /bin/sh, as a filter or as the words before `-m …`, which it sees as "$@". */
export const sh = (script: string): string[] => ["/bin/sh", "-c", script, "program"];

export async function startTestEngine(options: TestEngineOptions): Promise<TestEngine> {
  const base = options.base ?? mkdtempSync(join(tmpdir(), "sallyport-jobs-"));
  const jobsDir = join(base, "jobs");
  const shared = join(base, "shared");
  const data = join(base, "data");
  for (const dir of [shared, data]) mkdirSync(dir, { recursive: true });
  options.arrange?.(base);
  const config: AgentConfig = parseConfig(
    JSON.stringify({
      name: "test-host",
      tls: false,
      authorized_host_dirs: [
        { name: "shared", path: shared, mode: "rw" },
        { name: "data", path: data, mode: "ro" },
      ],
      accelerators: options.accelerators,
      jobs_dir: jobsDir,
      keep_jobs_seconds: options.keepSeconds ?? 3600,
    }),
    "agent.yaml",
  );
  const env = { HOME: base, PATH: process.env.PATH, ...options.env };
  const roots = openRoots(config.authorized_host_dirs, env);
  const log: Array<Record<string, unknown>> = [];
  const engine = await startEngine(
    config,
    defined({
      env,
      log: pino({ base: null }, { write: (line: string) => void log.push(JSON.parse(line)) }),
      roots,
      temporaries: new Temporaries(config.name),
      graceMs: options.graceMs ?? 5_000,
      builtins: options.builtins,
    }),
  ).catch((error: unknown) => {
    closeRoots(roots);
    throw error;
  });
  if (options.paused !== true) engine.resume();

  const submitOne = async (request: Partial<JobRequest>, input?: string | Buffer): Promise<Job> => {
    const whole: JobRequest = {
      accelerator: engine.defaultAccelerator ?? "none",
      phase: "process",
      parameters: {},
      ...defined({ input: input === undefined ? undefined : ({ kind: "private" } as const) }),
      ...request,
    };
    // Without a wait: its place in the queue is that of the call.
    if (input === undefined) return engine.submit(whole);
    const draft = await engine.draft();
    writeFileSync(draft.inputFile, input, { flag: "wx", mode: 0o600 });
    return engine.submit(whole, draft);
  };
  return Object.assign(engine, {
    base,
    jobsDir,
    shared,
    data,
    log,
    submitOne,
    run: async (request: Partial<JobRequest>, input?: string | Buffer) =>
      ended(engine, (await submitOne(request, input)).id),
    files: (id: string) => readdirSync(join(jobsDir, id)).sort(),
    async stop() {
      await engine.close();
      closeRoots(roots);
      if (options.keep !== true) rmSync(base, { recursive: true, force: true });
    },
  });
}

/** Waits for the end of a job. */
export function ended(engine: JobEngine, id: string): Promise<EndedJob> {
  return until(engine, id, hasEnded);
}

export function failureOf(job: Job): JobFailure | undefined {
  return job.state === "failed" ? job.failure : undefined;
}

export function hasProgress(job: Job): boolean {
  return job.state === "running" && job.progress !== undefined;
}

/** Waits until the job is as asked. */
export function until<T extends Job>(engine: JobEngine, id: string, is: (job: Job) => job is T): Promise<T>;
export function until(engine: JobEngine, id: string, is: (job: Job) => boolean): Promise<Job>;
export function until(engine: JobEngine, id: string, is: (job: Job) => boolean): Promise<Job> {
  return new Promise((resolve) => {
    const stop = engine.follow(id, look);
    function look(job: Job): void {
      if (!is(job)) return;
      stop();
      resolve(job);
    }
    const now = engine.get(id);
    if (now !== undefined) look(now);
  });
}
