/** Other programs: argument arrays only, always a time limit, and a failure that says what was run. */
import { execa, type Options } from "execa";
import { defined } from "../defined.js";
import { Fault, type FaultOptions } from "../fault.js";

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment when `inheritEnv` is false, else what is added to ours. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** @default true */
  readonly inheritEnv?: boolean;
  readonly input?: string | Uint8Array;
  /** Milliseconds. @default 60000 */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  /** Called with each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
  /** Replaces arguments that must not be shown in errors. */
  readonly shownAs?: string;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end.
 *
 * @throws Fault `run/missing` if the program is not there, `run/timeout`, `run/aborted`. A non-zero
 * exit is a result, not an error: see {@link runOk}.
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const settings: Options = {
    reject: false,
    timeout: options.timeout ?? 60_000,
    extendEnv: options.inheritEnv ?? true,
    stripFinalNewline: true,
    ...defined({ cwd: options.cwd, env: options.env, cancelSignal: options.signal }),
    ...(options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
  };
  const child = execa(program, [...args], settings);
  const { onLine } = options;
  const following =
    onLine === undefined
      ? []
      : (["stdout", "stderr"] as const).map(async (stream) => {
          for await (const line of child.iterable({ from: stream })) onLine(String(line), stream);
        });
  const [result] = await Promise.all([child, ...following.map((reading) => reading.catch(() => undefined))]);
  const shown = options.shownAs ?? [program, ...args].join(" ");
  if (result.code === "ENOENT") throw programMissing(program, { cause: result });
  if (result.timedOut) throw new Fault("run/timeout", `"${shown}" did not end within ${settings.timeout} ms`);
  if (result.isCanceled) throw new Fault("run/aborted", `"${shown}" was ended`);
  return {
    exitCode: result.exitCode ?? 128,
    stdout: String(result.stdout ?? ""),
    stderr: String(result.stderr ?? ""),
  };
}

/** As {@link run}, but a non-zero exit is Fault `run/failed` with the last lines of stderr. */
export async function runOk(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const result = await run(program, args, options);
  if (result.exitCode === 0) return result;
  const shown = options.shownAs ?? [program, ...args].join(" ");
  const said = (result.stderr || result.stdout).trim().split("\n").slice(-8).join("\n");
  throw new Fault("run/failed", `"${shown}" ended with status ${result.exitCode}`, said === "" ? {} : { hint: said });
}

function programMissing(program: string, options: FaultOptions): Fault {
  return new Fault("run/missing", `there is no program "${program}" on PATH`, {
    hint: `install it, or run "sallyport doctor" to see everything that is missing`,
    ...options,
  });
}
