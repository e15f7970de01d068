/**
 * One agent per jobs_dir: a second would take the first one's jobs for remains and end them. The lock is a
 * link that names its holder, so that it is taken in one step and known to be stale once the holder is gone.
 */
import { readlinkSync, renameSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { errno } from "../../base/fault.js";
import { jobsDirectoryBusy } from "./errors.js";
import { isAlive, markOf, type ProcessMark } from "./processes.js";

/** @returns the way to give it back. @throws Fault where another agent has it. */
export function lockDirectory(dir: string): () => void {
  const file = join(dir, ".lock");
  const mine = markOf(process.pid) ?? { pid: process.pid, ticks: "" };
  const text = `${mine.pid}-${mine.ticks}`;
  while (!tryLink(text, file)) {
    const holder = read(file);
    if (holder === undefined) continue;
    if (isAlive(holder)) throw jobsDirectoryBusy(dir, holder.pid);
    discard(file, holder);
  }
  return () => {
    if (read(file)?.pid === mine.pid) unlinkSync(file);
  };
}

function tryLink(text: string, file: string): boolean {
  try {
    symlinkSync(text, file);
    return true;
  } catch (error) {
    if (errno(error) === "EEXIST") return false;
    throw error;
  }
}

function read(file: string): ProcessMark | undefined {
  try {
    const [pid = "", ticks = ""] = readlinkSync(file).split("-");
    return { pid: Number(pid), ticks };
  } catch {
    return undefined;
  }
}

/** Moved aside before it is removed: of two agents that find the same stale lock, one moves it. */
function discard(file: string, stale: ProcessMark): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (errno(error) === "ENOENT") return;
    throw error;
  }
  const moved = read(aside);
  // Taken since we looked, by the other one: it gets it back.
  if (moved !== undefined && moved.ticks !== stale.ticks && tryLink(`${moved.pid}-${moved.ticks}`, file)) {
    unlinkSync(aside);
    return;
  }
  unlinkSync(aside);
}
