/** A job, one run of an accelerator, in the types that all rooms of the agent share. */

/** -m of the accelerator's program: 0, 1 and 2. A filter only ever processes. */
export type Phase = "start" | "process" | "stop";

/** `queued` → `running` → `done`, `failed` or `cancelled`, and never back. */
export type JobState = Job["state"];

export function hasEnded(job: Job): job is EndedJob {
  return job.state !== "queued" && job.state !== "running";
}

/** The reason of a failure, for programs. */
export type FailureReason =
  | "exit"
  | "signal"
  | "timeout"
  | "interrupted"
  | "not-startable"
  | "input"
  | "output"
  | "app";

export interface JobFailure {
  readonly reason: FailureReason;
  /** One line for people. */
  readonly detail: string;
}

/** A file of an authorized directory, by names that the guard has parsed; or a file of the job itself. */
export type FileRef =
  | { readonly kind: "private" }
  | { readonly kind: "host"; readonly directory: string; readonly names: readonly string[] };

/** A JSON object, such as the documents of the Accelize protocol (`{ app: { specific } }`). */
export type JsonObject = { readonly [key: string]: unknown };

export interface JobRequest {
  /** Name of a configured accelerator. */
  readonly accelerator: string;
  readonly phase: Phase;
  /** The content of the file for `-j`. */
  readonly parameters: JsonObject;
  /** Absent: no input, which is `/dev/null` to a filter. */
  readonly input?: FileRef;
  /** Absent: no output is kept. */
  readonly output?: FileRef;
  /** From a client that may repeat a request whose answer it did not get; kept with the job. */
  readonly idempotency?: Idempotency;
}

export interface Idempotency {
  /** `Idempotency-Key`, as the client chose it. */
  readonly key: string;
  /** SHA-256 of the request and its content: another request with this key is refused. */
  readonly fingerprint: string;
}

/** What is known of a job in every state. */
interface AcceptedJob extends JobRequest {
  /** Sorts by creation. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Absent: no input, or one of the host whose size is read when the run begins. */
  readonly inputBytes?: number;
}

export interface QueuedJob extends AcceptedJob {
  readonly state: "queued";
}

export interface RunningJob extends AcceptedJob {
  readonly state: "running";
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** 0 to 1, from lines such as `progress: 42%` on stderr. */
  readonly progress?: number;
  /** The end of what it has written to stderr so far, at most 8 KiB. */
  readonly stderrTail?: string;
}

/** How a job ended, and what is known of its run. */
export type JobOutcome = RunFacts &
  (
    | { readonly state: "done"; readonly outputBytes?: number }
    | { readonly state: "failed"; readonly failure: JobFailure }
    | { readonly state: "cancelled" }
  );

/** All absent where the program never ran. */
export interface RunFacts {
  readonly exitStatus?: number;
  /** The end of what it wrote to stderr, at most 8 KiB. */
  readonly stderrTail?: string;
  /** The content of `-p` after the run, or `{}`. */
  readonly result?: JsonObject;
  readonly inputBytes?: number;
}

export type EndedJob = AcceptedJob &
  JobOutcome &
  Partial<Pick<RunningJob, "startedAt" | "progress">> & { readonly endedAt: number };

export type Job = QueuedJob | RunningJob | EndedJob;

/** A job's private directory before the job exists, for its upload. Aborting removes all of it. */
export interface Draft {
  readonly id: string;
  /** Write the uploaded input to this file (created 0600, exclusively). */
  readonly inputFile: string;
  abort(): Promise<void>;
}

export interface AcceleratorInfo {
  readonly name: string;
  readonly kind: "builtin" | "command" | "filter";
  readonly concurrency: number;
  readonly timeoutSeconds: number;
  readonly running: number;
  readonly queued: number;
}

/** The engine behind both protocols. Made by `startEngine()` in start-engine.ts. */
export interface JobEngine {
  readonly accelerators: () => readonly AcceleratorInfo[];
  /** The first in the configuration, if any. */
  readonly defaultAccelerator: string | undefined;
  /** @throws Problem 507 if the disk is full. */
  draft(): Promise<Draft>;
  /**
   * Durable before it resolves: an accepted job is never lost, runs after a restart if it had not begun, and never
   * runs twice.
   *
   * @param draft required for a private input or output; consumed even by a failure.
   * @throws Problem 404 for an unknown accelerator, 503 with Retry-After if the queue is full.
   */
  submit(request: JobRequest, draft?: Draft): Promise<Job>;
  get(id: string): Job | undefined;
  /** Newest first. */
  list(filter?: { readonly accelerator?: string; readonly state?: JobState; readonly phase?: Phase }): readonly Job[];
  /**
   * Ends a queued job at once and a running one with its whole process group; resolves when it has ended.
   *
   * @throws Problem 503 for a queued job of an agent that stops.
   */
  cancel(id: string): Promise<EndedJob | undefined>;
  /** Cancels the job if necessary, then removes it and its files. @returns whether it existed. */
  remove(id: string): Promise<boolean>;
  /** @returns an open descriptor of a done job's private output, for the caller to close; undefined if there is none. */
  openOutput(id: string): Promise<{ readonly fd: number; readonly size: number } | undefined>;
  /** Calls back with each later state of a job (and with progress and stderr, at most 4 times a second). @returns the function that stops it. */
  follow(id: string, on: (job: Job) => void): () => void;
  /** Number of queued and running jobs. */
  busy(): number;
  /** Lets jobs run, those of an earlier agent first. */
  resume(): void;
  /** Aborts when close() begins: jobs that are still queued then have no end to wait for. */
  readonly stopping: AbortSignal;
  /**
   * Accepts no more jobs, fails the running ones ("interrupted"), and resolves when all processes are gone. Queued jobs
   * are left to the next start.
   */
  close(): Promise<void>;
}
