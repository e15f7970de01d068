/** Whether a process is still the same one: its PID may have been reused. */
import { readFileSync } from "node:fs";
import { errno } from "../fault.js";

export interface ProcessMark {
  readonly pid: number;
  /** Start time in clock ticks since boot; empty if /proc does not show it. */
  readonly ticks: string;
}

/** @returns undefined if there is no such process. */
export function markOf(pid: number): ProcessMark | undefined {
  if (!isRunning(pid)) return undefined;
  return { pid, ticks: readStat(pid)?.ticks ?? "" };
}

/** A mark without ticks matches any process with this PID. */
export function isAlive({ pid, ticks }: ProcessMark): boolean {
  if (!isRunning(pid)) return false;
  const stat = readStat(pid);
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

function readStat(pid: number): { readonly ticks: string; readonly dead: boolean } | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name in parentheses may itself contain spaces and parentheses. proc(5): state is field 3, starttime field 22.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { ticks: fields[19] ?? "", dead: fields[0] === "Z" || fields[0] === "X" };
}
