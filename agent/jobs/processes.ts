/**
 * The processes of a job according to /proc: its process group and session, all processes with its mark in their
 * environment, and their descendants. A child that leaves the session still carries the mark.
 *
 * A process escapes only if it leaves the session, drops its environment and outlives its parent. That takes intent,
 * and the unit's control group still ends it together with the agent.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { ProcessMark } from "../../base/process/alive.js";
import { type ProcStat, readProcStat } from "../../base/process/proc-stat.js";

export const JOB_VARIABLE = "SALLYPORT_JOB_ID";

interface Row extends ProcStat {
  readonly pid: number;
}

/** @param leader the started process, which leads its group and session. */
export function processesOf(id: string, leader: ProcessMark | undefined): number[] {
  // Processes older than the leader are not its children; this skips most of the machine.
  const since = Number(leader?.ticks ?? 0);
  const rows = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => rowOf(Number(name)))
    .filter((row) => row !== undefined)
    .filter(({ pid, dead, ticks }) => !dead && pid !== process.pid && pid !== 1 && Number(ticks) >= since);
  // The kernel reuses a number only when no group and no session has it. So another process with the leader's
  // number means that its group is gone.
  const now = leader && readProcStat(leader.pid);
  const group = leader !== undefined && (now === undefined || now.ticks === leader.ticks) ? leader.pid : undefined;
  const found = new Set<number>();
  for (const row of rows) {
    if (row.group === group || row.session === group || carriesMark(row.pid, id)) found.add(row.pid);
  }
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const row of rows) if (found.has(row.parent)) found.add(row.pid);
  }
  return [...found];
}

/** Sends SIGKILL until none is left. @returns those that outlasted `patienceMs`. */
export async function endProcesses(id: string, leader: ProcessMark | undefined, patienceMs = 5_000): Promise<number[]> {
  const until = Date.now() + patienceMs;
  for (let pause = 1; ; pause = Math.min(2 * pause, 50)) {
    const left = processesOf(id, leader);
    if (left.length === 0 || Date.now() > until) return left;
    signal(left, "SIGKILL");
    await setTimeout(pause);
  }
}

export function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // Gone meanwhile, or not ours to end.
    }
  }
}

function rowOf(pid: number): Row | undefined {
  const stat = readProcStat(pid);
  return stat && { pid, ...stat };
}

function carriesMark(pid: number, id: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`${JOB_VARIABLE}=${id}`);
  } catch {
    return false;
  }
}
