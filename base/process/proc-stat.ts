/** A process as `/proc/PID/stat` shows it. */
import { readFileSync } from "node:fs";

export interface ProcStat {
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Start time in clock ticks since boot. */
  readonly ticks: string;
  /** It has ended, and its parent has not asked how. */
  readonly dead: boolean;
}

/** @returns undefined if there is no such process, it is hidden from us, or the system has no /proc. */
export function readProcStat(pid: number): ProcStat | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name in parentheses may itself contain spaces and parentheses. proc(5): state is field 3, starttime field 22.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent, group, session] = fields;
  return {
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    ticks: fields[19] ?? "",
    dead: state === "Z" || state === "X",
  };
}
