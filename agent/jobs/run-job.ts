/** One run of a program for a job, from its files to its outcome. */
import { closeSync, constants, fstatSync, openSync, symlinkSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import { defined } from "../../base/defined.js";
import { errno } from "../../base/fault.js";
import type { ProcessMark } from "../../base/process/alive.js";
import { Problem } from "../../http/problem.js";
import { commandArguments, type Kind, programEnvironment } from "./executors.js";
import type { HostFiles } from "./host-files.js";
import { type JobStore, sync } from "./job-store.js";
import { INPUT_FD, LAUNCHER, type Launched, launch } from "./launch.js";
import { endProcesses, JOB_VARIABLE, processesOf, signal } from "./processes.js";
import { appFailure, readResult } from "./result.js";
import { StderrWatch } from "./stderr-watch.js";
import type { FailureReason, Job, JobFailure, JobOutcome, RunFacts, RunningJob } from "./types.js";

type Said = Pick<RunningJob, "progress" | "stderrTail">;

export interface RunOptions {
  readonly job: Job;
  readonly kind: Kind;
  /** The program and its first arguments, or the reason why there is none. */
  readonly program: { readonly words: readonly string[] } | { readonly missing: string };
  readonly timeoutMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  readonly env: NodeJS.ProcessEnv;
  readonly store: JobStore;
  readonly host: HostFiles;
  /** Resolves when the journal on the disk names this process, which is about to become the program. */
  readonly starting: (leader: ProcessMark) => Promise<void>;
  readonly started: () => void;
  /** Called with each part of what the program writes to stderr. */
  readonly heard: (said: Said) => void;
  readonly outlasted: (pids: readonly number[]) => void;
}

type StopReason = "cancelled" | "timeout" | "interrupted";

/** Ends a run early, with its failure. */
class Failed extends Error {
  constructor(readonly failure: JobFailure) {
    super(failure.detail);
  }
}

/** How long stderr may stay open after every visible process is gone. */
const DRAIN_MS = 1_000;

export class Run {
  /** `not-begun` if the agent stopped before the program ran: the job may run later. */
  readonly outcome: Promise<JobOutcome | "not-begun">;
  readonly #options: RunOptions;
  readonly #watch = new StderrWatch();
  readonly #stopping = new AbortController();
  readonly #fds: number[] = [];
  #reason: StopReason | undefined;
  #leader: ProcessMark | undefined;
  #exitStatus: number | undefined;
  #inputBytes: number | undefined;
  #kill: NodeJS.Timeout | undefined;
  #hasBegun = false;
  #over = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.outcome = this.#run();
  }

  /** Sends SIGTERM to all processes of the job, later SIGKILL to those that remain. The outcome follows. */
  stop(reason: StopReason): void {
    if (this.#reason !== undefined || this.#over) return;
    this.#reason = reason;
    this.#stopping.abort();
    if (this.#leader === undefined) return;
    this.#signal("SIGTERM");
    this.#kill = globalThis.setTimeout(() => this.#signal("SIGKILL"), this.#options.graceMs);
  }

  async #run(): Promise<JobOutcome | "not-begun"> {
    try {
      const outcome = await this.#attempt();
      return this.#reason === undefined || outcome.state === "done" ? outcome : this.#stopped();
    } catch (error) {
      if (this.#reason !== undefined) return this.#stopped();
      const failure = error instanceof Failed ? error.failure : failureOf("output", error);
      return { ...this.#facts(), state: "failed", failure };
    } finally {
      this.#over = true;
      clearTimeout(this.#kill);
      for (const fd of this.#fds.splice(0)) closeSync(fd);
    }
  }

  async #attempt(): Promise<JobOutcome> {
    const { job, kind, program } = this.#options;
    // A filter keeps no state between runs, so there is nothing to start or stop.
    if (kind === "filter" && job.phase !== "process") return { state: "done", result: {} };
    if ("missing" in program) throw new Failed({ reason: "not-startable", detail: program.missing });
    this.#checkOutput();
    const work = this.#file("scratch");
    await mkdir(work, { mode: 0o700 });
    const launched = await this.#launch(program.words, work);
    await this.#follow(launched);

    const read = readResult(join(work, "result.json"));
    const result = "result" in read ? { result: read.result } : {};
    if (this.#exitStatus !== 0) {
      const said = "result" in read ? appFailure(read.result)?.detail : undefined;
      const detail = `the program ended with status ${this.#exitStatus}${said === undefined ? "" : `: ${said}`}`;
      return { ...this.#facts(), ...result, state: "failed", failure: { reason: "exit", detail } };
    }
    const failure = "failure" in read ? read.failure : appFailure(read.result);
    if (failure !== undefined) return { ...this.#facts(), ...result, state: "failed", failure };
    const outputBytes = await this.#keepOutput();
    return { ...this.#facts(), ...result, ...defined({ outputBytes }), state: "done" };
  }

  async #launch(words: readonly string[], work: string): Promise<Launched> {
    const { job, kind, env, starting, started } = this.#options;
    const input = this.#openInput();
    const isFilter = kind === "filter";
    const stdout = isFilter && job.output !== undefined ? this.#create(this.#file("output")) : undefined;
    const files = defined({
      input: job.input === undefined ? undefined : this.#file("input"),
      output: job.output === undefined ? undefined : this.#file("output"),
      parameters: join(work, "parameters.json"),
      result: join(work, "result.json"),
    });
    await writeFile(files.parameters, JSON.stringify(job.parameters), { flag: "wx", mode: 0o600 });
    const launched = await launch({
      words: isFilter ? words : [...words, ...commandArguments(job.phase, files)],
      cwd: work,
      env: { ...programEnvironment(env, work), [JOB_VARIABLE]: job.id },
      ...(input === undefined ? {} : isFilter ? { stdin: input } : { input }),
      ...defined({ stdout }),
    }).catch((error: unknown) => {
      throw new Failed(failureOf("not-startable", error));
    });
    this.#leader = launched.leader;
    launched.stderr.on("data", (chunk: Buffer) => this.#hear(chunk));
    try {
      if (!isFilter && job.input?.kind === "host") {
        // The leader holds the very file that the guard opened. Its children reach it by this name too.
        symlinkSync(`/proc/${launched.leader.pid}/fd/${INPUT_FD}`, this.#file("input"));
      }
      await starting(launched.leader);
      if (this.#reason !== undefined) throw new Failed({ reason: "interrupted", detail: "stopped before it began" });
    } catch (error) {
      await this.#end();
      throw error;
    }
    launched.go();
    this.#hasBegun = true;
    started();
    return launched;
  }

  /** Resolves when the program and all its processes have ended. */
  async #follow({ exited, stderr }: Launched): Promise<void> {
    const { timeoutMs } = this.#options;
    const limit = globalThis.setTimeout(() => this.stop("timeout"), timeoutMs);
    const { status, signal: by } = await exited;
    // Programs may handle SIGTERM and exit with 0, but what they leave is only a part.
    const wasCutOff = this.#reason !== undefined;
    clearTimeout(limit);
    await this.#end();
    await Promise.race([finished(stderr).catch(() => undefined), setTimeout(DRAIN_MS, undefined, { ref: false })]);
    stderr.destroy();
    this.#exitStatus = status ?? undefined;
    if (wasCutOff) throw new Failed({ reason: "interrupted", detail: "stopped before it had ended" });
    if (by !== null) throw new Failed({ reason: "signal", detail: `the program was ended by ${by}` });
    const [first = ""] = this.#watch.tail.split("\n", 1);
    if ((status === 126 || status === 127) && first.startsWith(`${LAUNCHER}: `)) {
      throw new Failed({ reason: "not-startable", detail: first.slice(LAUNCHER.length + 2) });
    }
  }

  #hear(chunk: Buffer): void {
    this.#watch.push(chunk);
    const { progress, tail } = this.#watch;
    this.#options.heard(defined<Said>({ progress, stderrTail: tail === "" ? undefined : tail }));
  }

  /** The configuration may have changed while the job was queued. */
  #checkOutput(): void {
    const { job, host } = this.#options;
    try {
      if (job.output?.kind === "host") host.checkOutput(job.output);
    } catch (error) {
      throw new Failed(failureOf("output", error));
    }
  }

  /** A descriptor, if the program does not open its input itself. */
  #openInput(): number | undefined {
    const { job, host, kind } = this.#options;
    try {
      if (job.input?.kind === "host") {
        const { fd, size } = host.openInput(job.input);
        this.#fds.push(fd);
        this.#inputBytes = size;
        return fd;
      }
      if (job.input === undefined || kind !== "filter") return undefined;
      const fd = openSync(this.#file("input"), constants.O_RDONLY | constants.O_NOFOLLOW);
      this.#fds.push(fd);
      return fd;
    } catch (error) {
      throw new Failed(failureOf("input", error));
    }
  }

  #create(file: string): number {
    const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
    const fd = openSync(file, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
    this.#fds.push(fd);
    return fd;
  }

  /** @returns bytes; undefined if no output was requested, or a private one was not written. */
  async #keepOutput(): Promise<number | undefined> {
    const { output } = this.#options.job;
    if (output === undefined) return undefined;
    const file = this.#file("output");
    let fd: number;
    try {
      fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      const missing = errno(error) === "ENOENT";
      if (missing && output.kind === "private") return undefined;
      const detail = missing ? "the program wrote no output" : `the output cannot be read (${errno(error)})`;
      throw new Failed({ reason: "output", detail });
    }
    this.#fds.push(fd);
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Failed({ reason: "output", detail: "the program's output is not a file" });
    try {
      if (output.kind === "host") return await this.#options.host.publish(output, fd, this.#stopping.signal);
      await sync(file);
      return stat.size;
    } catch (error) {
      throw new Failed(failureOf("output", error));
    }
  }

  async #end(): Promise<void> {
    const left = await endProcesses(this.#options.job.id, this.#leader);
    if (left.length > 0) this.#options.outlasted(left);
  }

  #signal(name: NodeJS.Signals): void {
    signal(processesOf(this.#options.job.id, this.#leader), name);
  }

  #stopped(): JobOutcome | "not-begun" {
    if (this.#reason === "interrupted" && !this.#hasBegun) return "not-begun";
    if (this.#reason === "cancelled") return { ...this.#facts(), state: "cancelled" };
    const seconds = this.#options.timeoutMs / 1000;
    const failure: JobFailure =
      this.#reason === "timeout"
        ? { reason: "timeout", detail: `the program ran for longer than ${seconds} s` }
        : INTERRUPTED;
    return { ...this.#facts(), state: "failed", failure };
  }

  #facts(): RunFacts {
    const tail = this.#watch.tail;
    return defined({
      exitStatus: this.#exitStatus,
      stderrTail: tail === "" ? undefined : tail,
      inputBytes: this.#inputBytes,
    });
  }

  #file(name: "input" | "output" | "scratch"): string {
    return this.#options.store.file(this.#options.job.id, name);
  }
}

export const INTERRUPTED: JobFailure = {
  reason: "interrupted",
  detail: "the agent stopped before the job had ended; it is not run again",
};

function failureOf(reason: FailureReason, error: unknown): JobFailure {
  if (error instanceof Problem) return { reason, detail: error.detail ?? error.title };
  if (errno(error) === "ENOSPC" || errno(error) === "EDQUOT") return { reason, detail: "the host's disk is full" };
  return { reason, detail: error instanceof Error ? error.message : String(error) };
}
