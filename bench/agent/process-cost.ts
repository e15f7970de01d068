/** What a process and its children have used, as /proc tells it. */
import { readFileSync } from "node:fs";

/** USER_HZ; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface Cost {
  /** User and system time. */
  readonly cpuSeconds: number;
  /** The highest resident memory so far, of all processes together. */
  readonly peakMiB: number;
}

export function costOf(pid: number): Cost {
  const family = familyOf(pid);
  const ticks = family.reduce((sum, one) => sum + ticksOf(one), 0);
  const kib = family.reduce((sum, one) => sum + peakOf(one), 0);
  return { cpuSeconds: ticks / TICKS_PER_SECOND, peakMiB: kib / 1024 };
}

function familyOf(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).trim();
  return [pid, ...(children === "" ? [] : children.split(/\s+/)).flatMap((child) => familyOf(Number(child)))];
}

function ticksOf(pid: number): number {
  // The second field is a name in parentheses, which may hold blanks.
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
