/** Whether a process is still the same one: its PID may have been reused. */
import { errno } from "../fault.js";
import { readProcStat } from "./proc-stat.js";

export interface ProcessMark {
  readonly pid: number;
  /** Start time in clock ticks since boot; empty if /proc does not show it. */
  readonly ticks: string;
}

/** @returns undefined if there is no such process. */
export function markOf(pid: number): ProcessMark | undefined {
  if (!isRunning(pid)) return undefined;
  return { pid, ticks: readProcStat(pid)?.ticks ?? "" };
}

/** A mark without ticks matches any process with this PID. */
export function isAlive({ pid, ticks }: ProcessMark): boolean {
  if (!isRunning(pid)) return false;
  const stat = readProcStat(pid);
  // Hidden from us (hidepid), or a system without /proc: if we cannot distinguish them, we assume the same process.
  if (stat === undefined) return true;
  return !stat.dead && (ticks === "" || ticks === stat.ticks);
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errno(error) === "EPERM";
  }
}
