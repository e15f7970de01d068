/** A lock that a process holds for as long as it lives: a file with its id and the moment it began. */
import { readFile, rename, rm } from "node:fs/promises";
import { errno } from "../fault.js";
import { createExclusive } from "./atomic.js";

/**
 * Takes the lock of one that was killed.
 *
 * @param held makes the error for the process that has it.
 * @returns the way to give it back.
 */
export async function holdLock(file: string, held: (pid: number) => Error): Promise<() => Promise<void>> {
  const mine = `${process.pid} ${await startOf(process.pid)}\n`;
  for (;;) {
    if (await createExclusive(file, mine, 0o600)) return () => rm(file, { force: true });
    const theirs = await readFile(file, "utf8").catch(() => "");
    const [pid = 0, start] = theirs.trim().split(" ").map(Number);
    if (theirs !== "" && isAlive(pid) && (await startOf(pid)) === start) throw held(pid);
    // Of several that find it stale one may have renewed it meanwhile: what was moved away must be what was read.
    const aside = `${file}.${process.pid}`;
    await rename(file, aside).catch(() => undefined);
    const moved = await readFile(aside, "utf8").catch(() => theirs);
    await rm(aside, { force: true });
    if (moved !== theirs) await createExclusive(file, moved, 0o600);
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errno(error) === "EPERM";
  }
}

/** When the process began, in the kernel's ticks: a number taken over by another process does not fool the lock. */
async function startOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? 0);
}
