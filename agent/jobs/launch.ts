/**
 * Starts a program in two steps, so that none ever runs that the journal does not know. The shell that is
 * started waits for a word on descriptor 4 and only then becomes the program; if the agent dies before it
 * said the word, the shell reads the end of the file and ends. The program's words are arguments of the
 * shell: it never parses them.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { markOf, type ProcessMark } from "../../base/process/alive.js";

/** Shown where the kernel refuses the program: `sallyport-launch: 1: exec: …: Exec format error`. */
export const LAUNCHER = "sallyport-launch";
const SCRIPT = 'read -r word <&4 || exit 125; exec 4<&-; exec "$@"';
const WORD = "go\n";

/** The program's descriptor of an input that a guard opened. */
export const INPUT_FD = 3;

export interface LaunchOptions {
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Descriptors; absent is /dev/null. */
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
  /** Lets it become the program. */
  go(): void;
}

/** @throws the system's error where not even the shell starts. */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { words, cwd, env, stdin, stdout, input } = options;
  const child = spawn("/bin/sh", ["-c", SCRIPT, LAUNCHER, ...words], {
    cwd,
    env,
    // A session and group of its own, which end as one.
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
  // It may have been ended before it could read the word.
  gate.on("error", () => undefined);
  const pid = child.pid ?? 0;
  return {
    // Until its exit is collected a process keeps its entry, so there is one.
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
