/**
 * A lock among processes, held by its owner's life and never by its age: a lock that is old is held, a lock whose owner
 * is dead is broken. It is a symbolic link to `PID-START`, since a link comes into being with its content in one step.
 *
 * Two processes must never hold it. Its file is therefore removed by its living owner, or by the process that holds
 * `FILE.break` and has read under that lock that the owner is dead. Moving a stale file away without such a lock may
 * move one that another process has made since.
 */
import { readFile, readlink, symlink, unlink } from "node:fs/promises";
import { sleep } from "../async/sleep.js";
import { errno, Fault, quote } from "../fault.js";
import { isAlive, markOf, type ProcessMark } from "../process/alive.js";

export interface LockOptions {
  /** How long to wait for a living owner, in milliseconds. @default 0 */
  readonly waitMs?: number;
  /** Makes the error for a lock that is still held after `waitMs`. @default Fault `lock/held` */
  readonly held?: (pid: number) => Error;
}

const POLL_MS = 20;

/** @returns the function that releases it. */
export async function acquireLock(file: string, options: LockOptions = {}): Promise<() => Promise<void>> {
  const { waitMs = 0, held = (pid) => lockHeld(file, pid) } = options;
  const deadline = Date.now() + waitMs;
  const { pid, ticks } = markOf(process.pid) ?? { pid: process.pid, ticks: "" };
  const mine = `${pid}-${ticks}`;
  while (!(await tryLink(mine, file))) {
    const owner = await ownerOf(file);
    if (owner === undefined) continue;
    if (!isAlive(owner)) {
      await breakLock(file, Math.max(0, deadline - Date.now()), held);
      continue;
    }
    if (Date.now() >= deadline) throw held(owner.pid);
    await sleep(POLL_MS);
  }
  let released = false;
  return async () => {
    if (released) return;
    released = true;
    // A person may have removed the file, and another process taken the lock since.
    if ((await readlink(file).catch(() => undefined)) === mine) await unlink(file);
  };
}

/**
 * Runs `work` while this process holds the lock. Such work is short, so that others wait for it.
 *
 * @param options with `waitMs` 60000 unless it says otherwise.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const release = await acquireLock(file, { waitMs: 60_000, ...options });
  try {
    return await work();
  } finally {
    await release();
  }
}

/** The breaker's own lock is broken in the same way, so that it does not matter where a process is killed. */
async function breakLock(file: string, waitMs: number, held: (pid: number) => Error): Promise<void> {
  await withLock(
    `${file}.break`,
    async () => {
      const owner = await ownerOf(file);
      if (owner !== undefined && !isAlive(owner)) await unlink(file);
    },
    // Breaking takes two system calls: a breaker that was stopped in between is the only reason to wait so long.
    { waitMs: Math.max(waitMs, 1_000), held },
  );
}

async function tryLink(text: string, file: string): Promise<boolean> {
  try {
    await symlink(text, file);
    return true;
  } catch (error) {
    if (errno(error) === "EEXIST") return false;
    throw error;
  }
}

/** @returns undefined if the lock has been released meanwhile. */
async function ownerOf(file: string): Promise<ProcessMark | undefined> {
  try {
    return parseOwner(await readlink(file), "-");
  } catch (error) {
    if (errno(error) === "ENOENT") return undefined;
    if (errno(error) !== "EINVAL") throw error;
  }
  // Version 0.1 wrote plain files: "PID START", or the number alone.
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : parseOwner(text.trim(), " ");
}

function parseOwner(text: string, separator: string): ProcessMark {
  const [pid = "", ticks = ""] = text.split(separator);
  return { pid: Number(pid), ticks };
}

const lockHeld = (file: string, pid: number) =>
  new Fault("lock/held", `${quote(file)} is locked by process ${pid}`, {
    hint: "wait until that process has ended, or end it",
  });
