/**
 * A lock among processes. It is valid as long as its owner lives, whatever its age: a lock whose owner is dead is
 * broken. It is a symbolic link to `PID-START`, because a link is created together with its content in one step. Where
 * the file system has no links, it is a directory with the file `owner`, which gets its name by a rename: that fails
 * where there is a directory with something in it.
 *
 * Two processes must never hold it. So only its living owner may remove it, or a process that holds `FILE.break` and has
 * checked under that lock that the owner is dead. Moving a stale file away without such a lock could move one that
 * another process has created since.
 */
import { mkdtemp, readFile, readlink, rename, rm, rmdir, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
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

/** @returns the release function. */
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
    // A user may have removed the file, and another process may hold the lock since.
    if ((await textOf(file)) === mine) await removeLock(file);
  };
}

/**
 * Runs `work` while holding the lock. The work should be short, because others wait for it.
 *
 * @param options `waitMs` is 60000 by default.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const release = await acquireLock(file, { waitMs: 60_000, ...options });
  try {
    return await work();
  } finally {
    await release();
  }
}

/** A dead breaker's lock is broken in the same way, so a process may be killed at any point. */
async function breakLock(file: string, waitMs: number, held: (pid: number) => Error): Promise<void> {
  await withLock(
    `${file}.break`,
    async () => {
      const owner = await ownerOf(file);
      if (owner !== undefined && !isAlive(owner)) await removeLock(file);
    },
    // Breaking takes two system calls. It can take this long only if the breaker is suspended in between.
    { waitMs: Math.max(waitMs, 1_000), held },
  );
}

async function tryLink(text: string, file: string): Promise<boolean> {
  try {
    await symlink(text, file);
    return true;
  } catch (error) {
    if (errno(error) === "EEXIST") return false;
    if (lacksLinks(error)) return tryDirectory(text, file);
    throw error;
  }
}

/** The errors by which a file system without links (exFAT, FAT, many of SMB and FUSE) refuses to make one. */
export const lacksLinks = (error: unknown) => ["EPERM", "ENOTSUP", "ENOSYS"].includes(errno(error) ?? "");

async function tryDirectory(text: string, file: string): Promise<boolean> {
  const dir = await mkdtemp(`${file}.`);
  try {
    await writeFile(join(dir, "owner"), text);
    await rename(dir, file);
    return true;
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    if (["EEXIST", "ENOTEMPTY", "ENOTDIR"].includes(errno(error) ?? "")) return false;
    throw error;
  }
}

/** A directory without its file counts as free: the next rename replaces it. */
async function removeLock(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    // POSIX says EPERM for a directory, Linux EISDIR.
    if (errno(error) !== "EISDIR" && errno(error) !== "EPERM") throw error;
    await rm(join(file, "owner"), { force: true });
    await rmdir(file).catch(() => undefined);
  }
}

/** @returns undefined if the lock has been released meanwhile. */
async function ownerOf(file: string): Promise<ProcessMark | undefined> {
  const text = await textOf(file);
  // Version 0.1 wrote plain files: "PID START", or the number alone.
  return text === undefined ? undefined : parseOwner(text.trim(), text.includes("-") ? "-" : " ");
}

/** From a link, a plain file or a directory. */
async function textOf(file: string): Promise<string | undefined> {
  const reads = [() => readlink(file), () => readFile(file, "utf8"), () => readFile(join(file, "owner"), "utf8")];
  for (const read of reads) {
    try {
      return await read();
    } catch (error) {
      if (errno(error) === "ENOENT") return undefined;
      if (errno(error) !== "EINVAL" && errno(error) !== "EISDIR") throw error;
    }
  }
  return undefined;
}

function parseOwner(text: string, separator: string): ProcessMark {
  const [pid = "", ticks = ""] = text.split(separator);
  return { pid: Number(pid), ticks };
}

const lockHeld = (file: string, pid: number) =>
  new Fault("lock/held", `${quote(file)} is locked by process ${pid}`, {
    hint: "wait until that process has ended, or end it",
  });
