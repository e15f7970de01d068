/**
 * Writes files completely or not at all. A file is created under a temporary name with its final mode, and fsynced.
 * Only then does it get its name. The directory is fsynced last.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { link, lstat, open, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errno } from "../fault.js";
import { lacksLinks, withLock } from "./lock.js";
import { makeDir } from "./make-dir.js";

/** Creates `dir` and its missing parents, all with mode 0700. */
export async function ensurePrivateDir(dir: string): Promise<void> {
  await makeDir(dir, 0o700);
}

/**
 * Creates `path` with this content, unless the name exists already.
 *
 * @returns false, and changes nothing, if the name is taken. Of two concurrent processes exactly one gets true.
 */
export async function createExclusive(path: string, data: string | Uint8Array, mode: number): Promise<boolean> {
  const temporary = await writeBeside(path, data, mode);
  try {
    await link(temporary, path);
  } catch (error) {
    if (errno(error) === "EEXIST") return false;
    if (!lacksLinks(error)) throw error;
    if (!(await renameIfFree(temporary, path))) return false;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDir(dirname(path));
  return true;
}

/** Without hard links: a name that is free stays free among those who take it under the lock. */
function renameIfFree(temporary: string, path: string): Promise<boolean> {
  return withLock(join(dirname(path), `.${basename(path)}.lock`), async () => {
    const isFree = await lstat(path).then(
      () => false,
      (error: unknown) => errno(error) === "ENOENT",
    );
    if (isFree) await rename(temporary, path);
    return isFree;
  });
}

/** Replaces the content of `path`, or creates it. A reader sees the old bytes or the new ones. */
export async function replaceFile(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const temporary = await writeBeside(path, data, mode);
  try {
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary);
    throw error;
  }
  await syncDir(dirname(path));
}

/** At this age, no process can still be writing the file. */
const ABANDONED_MS = 60 * 60 * 1000;

async function writeBeside(path: string, data: string | Uint8Array, mode: number): Promise<string> {
  await removeAbandoned(path);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(temporary, flags, mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } catch (error) {
    await unlink(temporary);
    throw error;
  } finally {
    await file.close();
  }
  return temporary;
}

/** Removes temporary files of killed processes, because they may hold key material. */
async function removeAbandoned(path: string): Promise<void> {
  const dir = dirname(path);
  const prefix = `.${basename(path)}.`;
  for (const name of await readdir(dir)) {
    if (!name.startsWith(prefix) || !/^[0-9a-f]{12}\.tmp$/.test(name.slice(prefix.length))) continue;
    const left = join(dir, name);
    const age = await stat(left)
      .then(({ mtimeMs }) => Date.now() - mtimeMs)
      .catch(() => 0);
    if (age > ABANDONED_MS) await unlink(left).catch(() => undefined);
  }
}

/** Makes the directory's entries durable. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync().catch((error: unknown) => {
      // Some network file systems cannot.
      if (!["EINVAL", "ENOTSUP"].includes(errno(error) ?? "")) throw error;
    });
  } finally {
    await handle.close();
  }
}
