/**
 * Runs programs to their end: argument arrays only, always with a time limit, and with failures that name the command.
 */
import { execa, type Options } from "execa";
import { defined } from "../defined.js";
import { Fault, type FaultOptions } from "../fault.js";
import { findProgram } from "../tools.js";
import { withParentDeath } from "./spawn.js";

export interface RunOptions {
  readonly cwd?: string;
  /** If `inheritEnv` is false, the whole environment; otherwise additions to ours. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** @default true */
  readonly inheritEnv?: boolean;
  readonly input?: string | Uint8Array;
  /** @default 60000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** The signal that is sent at the time limit or when `signal` is aborted. @default "SIGTERM" */
  readonly stopSignal?: NodeJS.Signals;
  /** Milliseconds between the stop signal and SIGKILL. @default 5000 */
  readonly graceMs?: number;
  /** Whether to start a process group, so that Ctrl-C on our terminal does not reach the program. @default false */
  readonly detached?: boolean;
  /** Whether the kernel ends the program when this process dies, even by SIGKILL: for daemons. @default false */
  readonly endsWithUs?: boolean;
  /** Called with each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
  /** Replaces the command line in errors if its arguments are confidential. */
  readonly shownAs?: string;
}

export interface RunResult {
  /** 128 if a signal ended the program. */
  readonly exitCode: number;
  /** The signal that ended it. */
  readonly signal?: NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** A failed run, with its result. */
export class RunFault extends Fault {
  constructor(
    code: "run/failed" | "run/timeout" | "run/aborted",
    message: string,
    readonly result: RunResult,
    options: FaultOptions = {},
  ) {
    super(code, message, options);
  }

  get timedOut(): boolean {
    return this.code === "run/timeout";
  }
}

/** Time for the last output to arrive after the program was stopped. */
const DRAIN_MS = 100;

/**
 * Runs a program to its end. A non-zero exit is a result, not an error: see {@link runOk}.
 *
 * @throws Fault `run/missing` if the program is not there; {@link RunFault} `run/timeout` or `run/aborted`.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { timeoutMs = 60_000, graceMs = 5_000, signal, onLine } = options;
  const settings: Options = {
    reject: false,
    timeout: timeoutMs,
    killSignal: options.stopSignal ?? "SIGTERM",
    forceKillAfterDelay: graceMs,
    extendEnv: options.inheritEnv ?? true,
    stripFinalNewline: true,
    ...defined({ cwd: options.cwd, env: options.env, cancelSignal: signal, detached: options.detached }),
    ...(options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
  };
  const shown = options.shownAs ?? [program, ...args].join(" ");
  const [file = "", ...words] = options.endsWithUs === true ? endingWithUs(program, args) : [program, ...args];
  const child = execa(file, words, settings);
  const release = letGoOfPipes(child, { timeoutMs, graceMs, signal });
  const following =
    onLine === undefined
      ? []
      : (["stdout", "stderr"] as const).map(async (stream) => {
          for await (const line of child.iterable({ from: stream })) onLine(String(line), stream);
        });
  const ended = Promise.all([child, ...following.map((reading) => reading.catch(() => undefined))]);
  // A process blocked in the kernel survives even SIGKILL.
  const stuck = new Promise<never>((_, reject) => {
    const giveUp = () => {
      child.unref();
      const result = { exitCode: 128, stdout: "", stderr: "" };
      reject(
        new RunFault("run/timeout", `"${shown}" did not end within ${timeoutMs} ms, and cannot be killed`, result),
      );
    };
    const timer = setTimeout(giveUp, timeoutMs + graceMs + 10 * DRAIN_MS);
    ended.finally(() => clearTimeout(timer)).catch(() => undefined);
  });
  const [outcome] = await Promise.race([ended, stuck]).finally(release);
  if (outcome.code === "ENOENT") throw programMissing(program, { cause: outcome });
  const result: RunResult = defined({
    exitCode: outcome.exitCode ?? 128,
    signal: outcome.signal as NodeJS.Signals | undefined,
    stdout: String(outcome.stdout ?? ""),
    stderr: String(outcome.stderr ?? ""),
  });
  if (outcome.timedOut) {
    throw new RunFault("run/timeout", `"${shown}" did not end within ${timeoutMs} ms`, result);
  }
  if (outcome.isCanceled) throw new RunFault("run/aborted", `"${shown}" was ended`, result);
  return result;
}

/** The program is looked for first: the one that starts it would only end with status 127. */
function endingWithUs(program: string, args: readonly string[]): string[] {
  const found = program.includes("/") ? program : findProgram(program);
  if (found === undefined) throw programMissing(program);
  return withParentDeath([found, ...args], { readsStdin: true });
}

/** As {@link run}, but a non-zero exit is {@link RunFault} `run/failed` with the last lines of stderr. */
export async function runOk(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await run(program, args, options);
  if (result.exitCode === 0) return result;
  const shown = options.shownAs ?? [program, ...args].join(" ");
  const said = (result.stderr || result.stdout).trim().split("\n").slice(-8).join("\n");
  throw new RunFault(
    "run/failed",
    `"${shown}" ended with status ${result.exitCode}`,
    result,
    said === "" ? {} : { hint: said },
  );
}

/**
 * Execa waits until the pipes are closed, and a child of the program may hold them open long after the program was
 * stopped. So we close the pipes from our side.
 *
 * @returns the function that stops watching.
 */
function letGoOfPipes(
  child: ReturnType<typeof execa>,
  { timeoutMs, graceMs, signal }: { timeoutMs: number; graceMs: number; signal: AbortSignal | undefined },
): () => void {
  const timers: NodeJS.Timeout[] = [];
  const closeIn = (milliseconds: number) => {
    const close = () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    timers.push(setTimeout(close, milliseconds));
  };
  const startedAt = performance.now();
  const onAbort = () => closeIn(graceMs + DRAIN_MS);
  closeIn(timeoutMs + graceMs + DRAIN_MS);
  signal?.addEventListener("abort", onAbort, { once: true });
  child.once("exit", () => {
    if (signal?.aborted === true || performance.now() - startedAt >= timeoutMs) closeIn(DRAIN_MS);
  });
  return () => {
    signal?.removeEventListener("abort", onAbort);
    for (const timer of timers) clearTimeout(timer);
  };
}

function programMissing(program: string, options: FaultOptions = {}): Fault {
  return new Fault("run/missing", `there is no program "${program}" on PATH`, {
    hint: `install it, or run "sallyport doctor" to see everything that is missing`,
    ...options,
  });
}
