/** Reading what may be secret: through one handle, so that what was checked is what is read. */
import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { errno, quote } from "../base/fault.js";
import { createExclusive, ensurePrivateDir } from "../base/fs/atomic.js";
import { fileMissing, notAFile, tooLarge, tooOpen, unreadable, unwritable } from "./errors.js";

// The longest thing read here is a CA's chain of certificates, some 20 kB.
const LIMIT = 1024 * 1024;

/** Text of a public file. `what` names it in errors: `certificate`. */
export function readPublic(what: string, path: string, hintIfMissing: string): Promise<string> {
  return read(what, path, hintIfMissing, false);
}

/** Text of a file that only its owner may open; one that others may open is refused, not mended. */
export function readPrivate(what: string, path: string, hintIfMissing: string): Promise<string> {
  return read(what, path, hintIfMissing, true);
}

/**
 * A new file, never over an old one; its directory is made, 0700, if it is not there.
 *
 * @returns false if the name was taken.
 */
export async function createNew(what: string, path: string, data: string, mode: number): Promise<boolean> {
  try {
    await ensurePrivateDir(dirname(path));
    return await createExclusive(path, data, mode);
  } catch (error) {
    throw unwritable(what, path, error);
  }
}

/** The text to install, from a file or a stream, and its name in errors. */
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

/** Whether something has this name, be it a link that leads nowhere. */
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
  // O_NONBLOCK: opening a FIFO would otherwise wait for a writer for ever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (errno(error) === "ENOENT") throw fileMissing(what, path, hintIfMissing);
    if (errno(error) === "ENXIO") throw notAFile(what, path);
    throw unreadable(what, path, error);
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw notAFile(what, path);
    if (stat.size > LIMIT) throw tooLarge(what, path, LIMIT);
    // Windows has no such bits; its profile directory is the fence there.
    if (secret && process.platform !== "win32" && (stat.mode & 0o077) !== 0) throw tooOpen(what, path, stat.mode);
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}
