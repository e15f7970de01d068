/**
 * Children that cannot outlive this process. On Linux the kernel itself ends them when we die,
 * even by SIGKILL; elsewhere a shell waits on a pipe that only we hold open.
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { errno } from "../../base/fault.js";
import { findProgram } from "../../base/tools.js";

const LIFELINE =
  '"$@" </dev/null & child=$!; trap "kill -TERM $child" TERM; (cat <&3 >/dev/null; kill -KILL $child) & wait $child';

/** The command line that runs `command` and ends it when the process that started it is gone. */
export function tethered(command: readonly string[]): string[] {
  const setpriv = process.platform === "linux" ? findProgram("setpriv") : undefined;
  return setpriv === undefined
    ? ["/bin/sh", "-c", `exec 3<&0; ${LIFELINE}`, "tether", ...command]
    : [setpriv, "--pdeathsig", "KILL", "--", ...command];
}

/**
 * As {@link tethered}, for a program with children of its own: they live in a PID namespace whose
 * first process is tethered, so they all go at once. Needs root.
 */
export function tetheredTree(command: readonly string[]): string[] {
  return tethered(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--", ...command]);
}

/** Starts a tethered command in a session of its own: Ctrl-C reaches us first, and we end it in order. */
export function spawnTethered(command: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const [program = "", ...args] = tethered(command);
  return spawn(program, args, { stdio: ["pipe", "ignore", "ignore"], ...options, detached: true });
}

/** Ends `child` and waits for it: SIGTERM, and SIGKILL after `patience` milliseconds. */
export async function endChild(child: ChildProcess, patience = 3_000): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), patience);
  await ended;
  clearTimeout(timer);
}

/**
 * Ends a {@link tetheredTree} at once and waits until nothing of it is left: the kernel lets the first process of
 * a PID namespace be reaped only after all others. Killing unshare instead would not wait for them.
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
