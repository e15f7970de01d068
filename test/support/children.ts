/** The processes that a process has started and that still run. */
import { readFileSync } from "node:fs";
import { markOf, type ProcessMark } from "../../base/process/alive.js";

export function childrenOf(pid: number): ProcessMark[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return pids.flatMap((child) => markOf(Number(child)) ?? []);
}
