/**
 * Starts children that cannot outlive this process. On Linux the kernel ends them when we die, even by SIGKILL.
 * Elsewhere a shell waits on a pipe that only we hold open.
 */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { errno } from "../fault.js";
import { findProgram } from "../tools.js";

const LIFELINE =
  '"$@" </dev/null & child=$!; trap "kill -TERM $child" TERM; (cat <&3 >/dev/null; kill -KILL $child) & wait $child';

/** The kernel forgets to signal a program whose parent died before setpriv asked for it; `$0` is that parent. */
const UNLESS_ORPHANED = '[ "$PPID" = "$0" ] && exec "$@"';

export interface ParentDeathOptions {
  /**
   * Whether the program reads its standard input, which then cannot serve as the pipe to wait on. Where setpriv
   * (util-linux) is missing or not allowed, such a program must notice the end of its input itself.
   *
   * @default false
   */
  readonly readsStdin?: boolean;
}

/** By path. It sets its capabilities anew though nothing changes, which a sandbox such as that of our units forbids. */
const tried = new Map<string, boolean>();

function usableSetpriv(): string | undefined {
  const setpriv = process.platform === "linux" ? findProgram("setpriv") : undefined;
  if (setpriv === undefined) return undefined;
  let works = tried.get(setpriv);
  if (works === undefined) {
    const { status } = spawnSync(setpriv, ["--pdeathsig", "KILL", "--", "true"], { stdio: "ignore", timeout: 10_000 });
    works = status === 0;
    tried.set(setpriv, works);
  }
  return works ? setpriv : undefined;
}

/** The command line that runs `command` as a child of this process and ends it when this process dies. */
export function withParentDeath(command: readonly string[], { readsStdin = false }: ParentDeathOptions = {}): string[] {
  const setpriv = usableSetpriv();
  if (setpriv !== undefined) {
    const guarded = ["/bin/sh", "-c", UNLESS_ORPHANED, String(process.pid), ...command];
    return [setpriv, "--pdeathsig", "KILL", "--", ...guarded];
  }
  if (readsStdin) return [...command];
  return ["/bin/sh", "-c", `exec 3<&0; ${LIFELINE}`, "lifeline", ...command];
}

/**
 * As {@link withParentDeath}, for a program with children: they live in a PID namespace whose first process dies with
 * us, so all of them end at once. Needs root.
 */
export function withParentDeathOfTree(command: readonly string[]): string[] {
  return withParentDeath(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--", ...command]);
}

/**
 * Starts a command that dies with us, in a session of its own: Ctrl-C reaches only us, and we end the command cleanly.
 */
export function spawnWithParentDeath(command: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const [program = "", ...args] = withParentDeath(command);
  return spawn(program, args, { stdio: ["pipe", "ignore", "ignore"], ...options, detached: true });
}

/** Ends `child` and waits for it: SIGTERM, then SIGKILL after `graceMs`. */
export async function endChild(child: ChildProcess, graceMs = 3_000): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await ended;
  clearTimeout(timer);
}

/**
 * Ends a {@link withParentDeathOfTree} at once and waits until the whole tree is gone: the kernel reaps the first
 * process of a PID namespace only after all others. Killing unshare instead would not wait for them.
 */
export async function endTree(child: ChildProcess): Promise<void> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").catch(() => "");
  const [first] = children.trim().split(" ").map(Number);
  if (first === undefined || first === 0) return endChild(child, 0);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  try {
    process.kill(first, "SIGKILL");
  } catch (error) {
    if (errno(error) !== "ESRCH") throw error;
  }
  if (child.exitCode === null && child.signalCode === null) await ended;
}
