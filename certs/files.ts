/** Reads possibly secret files through a single handle, so that the checked file is the one that is read. */
import { constants } from "node:fs";
import { lstat, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { errno, Fault, quote } from "../base/fault.js";
import { createExclusive, ensurePrivateDir } from "../base/fs/atomic.js";
import { fileMissing, noPermissions, notAFile, tooLarge, tooOpen, unreadable, unwritable } from "./errors.js";

// The longest file read here is a CA's certificate chain, about 20 kB.
const LIMIT = 1024 * 1024;

/** Text of a public file. `what` names it in errors: `certificate`. */
export function readPublic(what: string, path: string, hintIfMissing: string): Promise<string> {
  return read(what, path, hintIfMissing, false);
}

/** Text of a file that only its owner may open. A file with wider permissions is refused, not repaired. */
export function readPrivate(what: string, path: string, hintIfMissing: string): Promise<string> {
  return read(what, path, hintIfMissing, true);
}

/**
 * Creates a new file, never over an old one. A missing directory is created with mode 0700.
 *
 * @returns false if the name was taken.
 */
export async function createNew(what: string, path: string, data: string, mode: number): Promise<boolean> {
  try {
    await ensurePrivateDir(dirname(path));
    if (!(await createExclusive(path, data, mode))) return false;
  } catch (error) {
    throw error instanceof Fault ? error : unwritable(what, path, error);
  }
  // exFAT, FAT and many of SMB give every file the mode of the mount.
  const made = (await lstat(path)).mode;
  if (process.platform !== "win32" && (mode & 0o077) === 0 && (made & 0o077) !== 0) {
    await unlink(path);
    throw noPermissions(what, path, made);
  }
  return true;
}

/** The text to install, from a file or a stream, and how errors name it. */
export async function readCertificateText(source: string | Readable): Promise<{ text: string; from: string }> {
  if (typeof source === "string") {
    return { text: await readPublic("file", source, "check the path"), from: quote(source) };
  }
  const from = "the standard input";
  let text = "";
  for await (const chunk of source.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > LIMIT) throw tooLarge("what came from", from, LIMIT);
  }
  return { text, from };
}

/** Whether this name exists, if only as a dangling link. */
export async function isTaken(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errno(error) === "ENOENT" || errno(error) === "ENOTDIR") return false;
    throw unreadable("file", path, error);
  }
}

async function read(what: string, path: string, hintIfMissing: string, secret: boolean): Promise<string> {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer forever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (errno(error) === "ENOENT") throw fileMissing(what, path, hintIfMissing);
    if (errno(error) === "ENXIO") throw notAFile(what, path);
    throw unreadable(what, path, error);
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw notAFile(what, path);
    if (stat.size > LIMIT) throw tooLarge(what, path, LIMIT);
    // Windows has no such bits; the user's profile directory protects the file there.
    if (secret && process.platform !== "win32" && (stat.mode & 0o077) !== 0) throw tooOpen(what, path, stat.mode);
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}
