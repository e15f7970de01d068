/**
 * Starts a program in two steps, so that no program runs without an entry in the journal. First a shell starts and
 * waits for a line on descriptor 4; then it becomes the program. If the agent dies before that line, the shell reads
 * the end of the file and exits. The program's command line is passed as arguments, which the shell never parses.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { markOf, type ProcessMark } from "../../base/process/alive.js";
import { withParentDeath } from "../../base/process/spawn.js";

/** Name in the message of a program that the kernel refuses: `sallyport-launch: 1: exec: …: Exec format error`. */
export const LAUNCHER = "sallyport-launch";
const SCRIPT = 'read -r word <&4 || exit 125; exec 4<&-; exec "$@"';
const WORD = "go\n";

/** The program's descriptor for an input that the guard opened. */
export const INPUT_FD = 3;

export interface LaunchOptions {
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Descriptors. @default /dev/null */
  readonly stdin?: number;
  readonly stdout?: number;
  /** Passed on as {@link INPUT_FD}. */
  readonly input?: number;
}

export interface Launched {
  readonly leader: ProcessMark;
  readonly stderr: Readable;
  /** Status or signal of the leader; others of its group may still run. */
  readonly exited: Promise<{ status: number | null; signal: NodeJS.Signals | null }>;
  /** Lets the shell become the program. */
  go(): void;
}

/** @throws the system's error if not even the shell starts. */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { words, cwd, env, stdin, stdout, input } = options;
  const [program = "", ...args] = withParentDeath(["/bin/sh", "-c", SCRIPT, LAUNCHER, ...words], { readsStdin: true });
  const child = spawn(program, args, {
    cwd,
    env,
    // Its own session and group, which are ended as one.
    detached: true,
    stdio: [stdin ?? "ignore", stdout ?? "ignore", "pipe", input ?? "ignore", "pipe"],
  });
  const exited = exitOf(child);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  child.on("error", () => undefined);
  const [, , stderr, , gate] = child.stdio as [null, null, Readable, null, Writable];
  // It may have been killed before it could read the line.
  gate.on("error", () => undefined);
  const pid = child.pid ?? 0;
  return {
    // A process keeps its entry until its exit is collected, so there is one.
    leader: markOf(pid) ?? { pid, ticks: "" },
    stderr,
    exited,
    go: () => void gate.end(WORD),
  };
}

function exitOf(child: ChildProcess): Launched["exited"] {
  return new Promise((resolve) => {
    child.once("exit", (status, signal) => resolve({ status, signal }));
  });
}
