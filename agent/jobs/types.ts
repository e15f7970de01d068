/** A job as all parts of the agent see it: one run of an accelerator. Values only. */

/** -m of the accelerator's program: 0, 1 and 2. A filter only ever processes. */
export type Phase = "start" | "process" | "stop";

/** `queued` → `running` → `done`, `failed` or `cancelled`, and never back. */
export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

/** Why a job failed, as a word for programs. */
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
  /** What `-j` gets as a file. */
  readonly parameters: JsonObject;
  /** Absent: no input, which is `/dev/null` to a filter. */
  readonly input?: FileRef;
  /** Absent: no output is kept. */
  readonly output?: FileRef;
  /** Of a client that may ask again without knowing what became of the first time; kept with the job. */
  readonly idempotency?: Idempotency;
}

export interface Idempotency {
  /** `Idempotency-Key`, as the client chose it. */
  readonly key: string;
  /** SHA-256 of what was asked for, the content included: another request under this key is refused. */
  readonly fingerprint: string;
}

export interface Job extends JobRequest {
  /** Sorts by creation. */
  readonly id: string;
  readonly state: JobState;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** 0 to 1, where the program says so: a line `progress: 42%` on stderr. */
  readonly progress?: number;
  readonly exitStatus?: number;
  readonly failure?: JobFailure;
  /** The end of what it wrote to stderr, at most 8 KiB. */
  readonly stderrTail?: string;
  /** What `-p` holds after the run, or `{}`. */
  readonly result?: JsonObject;
  /** Bytes of input and output. */
  readonly inputBytes?: number;
  readonly outputBytes?: number;
}

/** A job's private directory before the job exists: the upload goes there. Aborted, nothing of it stays. */
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

/** The engine behind both protocols. Made by `startEngine()` in engine.ts. */
export interface JobEngine {
  readonly accelerators: () => readonly AcceleratorInfo[];
  /** The first in the configuration; undefined where there is none. */
  readonly defaultAccelerator: string | undefined;
  /** @throws Problem 507 where the disk is full. */
  draft(): Promise<Draft>;
  /**
   * Durable before it resolves: a job that was accepted is never forgotten, and never run twice.
   *
   * @param draft needed where the input or the output is private; consumed, also by a failure.
   * @throws Problem 404 no such accelerator, 503 with Retry-After where the queue is full.
   */
  submit(request: JobRequest, draft?: Draft): Promise<Job>;
  get(id: string): Job | undefined;
  /** Newest first. */
  list(filter?: { readonly accelerator?: string; readonly state?: JobState; readonly phase?: Phase }): readonly Job[];
  /** Ends a queued job at once and a running one with its whole process group; resolves when it has ended. */
  cancel(id: string): Promise<Job | undefined>;
  /** Cancels if need be, then forgets the job and everything of it. @returns whether there was one. */
  remove(id: string): Promise<boolean>;
  /** An open descriptor on a done job's private output, for the caller to close; undefined where there is none. */
  openOutput(id: string): Promise<{ readonly fd: number; readonly size: number } | undefined>;
  /** Calls back with each later state of a job (and with progress, at most 4 times a second). @returns the way to stop. */
  follow(id: string, on: (job: Job) => void): () => void;
  /** Jobs that wait or run. */
  busy(): number;
  /** Takes no more jobs, ends the running ones as failed ("interrupted") and resolves when all processes are gone. */
  close(): Promise<void>;
}
