/**
 * Files that must never be half there. A file is born with its final mode, written under a
 * temporary name, fsynced, and only then given its name; the directory is fsynced last.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { link, mkdir, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errno } from "./fault.js";

/** Creates `dir` and its missing parents, all with mode 0700. */
export async function ensurePrivateDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
}

/**
 * Gives `path` its content if nothing has that name yet.
 *
 * @returns false, and leaves everything as it was, if the name is taken. Of two processes at once
 * exactly one gets true.
 */
export async function createExclusive(path: string, data: string | Uint8Array, mode: number): Promise<boolean> {
  const temporary = await writeBeside(path, data, mode);
  try {
    await link(temporary, path);
  } catch (error) {
    if (errno(error) === "EEXIST") return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
  await syncDir(dirname(path));
  return true;
}

/** Gives `path` its content, whatever it held before; a reader sees the old bytes or the new ones. */
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

async function writeBeside(path: string, data: string | Uint8Array, mode: number): Promise<string> {
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

async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
