/**
 * The part of an incomplete download.
 *
 * Its bytes collect in `.NAME.sallyport-part`, and `.NAME.sallyport-part.json` records which file they belong to, so
 * that a later call resumes where this one ended. Only the process that holds `.NAME.sallyport-part.lock` uses the two
 * files, and only if no other user can have written them. Otherwise the bytes go to an unpredictable name, and no later
 * call resumes.
 *
 * The part is never more accessible than the final file: it has the mode of the file that it replaces, or the mode that
 * the umask gives to new files. Write permission for others is added last, because they could change verified bytes.
 */
import { createHash, randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, readFile, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errno } from "../../../base/fault.js";
import { replaceFile } from "../../../base/fs/atomic.js";
import { acquireLock } from "../../../base/fs/lock.js";
import { localUnwritable } from "../../errors.js";
import { lstatIfThere } from "./destination.js";

export interface PartialFile {
  readonly file: FileHandle;
  /** The notes of an earlier call beside the part, if they are about this source. */
  etagOf(source: string): Promise<string | undefined>;
  /** Writes the notes for the part. Called before its first byte. */
  describe(source: string, etag: string | undefined): Promise<void>;
  /** Gives the part its final mode and name. */
  finish(): Promise<void>;
  /** Releases a part that has no final name yet. */
  leave(how: "resumable" | "discarded"): Promise<void>;
}

/** @param target path of the final file; not a link. */
export async function openPart(target: string): Promise<PartialFile> {
  try {
    return (await openShared(target)) ?? (await openPrivate(target));
  } catch (error) {
    throw localUnwritable(error);
  }
}

/** One block. A full disk still accepts empty files. */
const TRIED_BYTES = 4096;

/** Checks that a part for `target` can be created and written. */
export async function tryPart(target: string): Promise<void> {
  const part = await openPrivate(target).catch((error) => {
    throw localUnwritable(error);
  });
  try {
    await part.file.write(Buffer.alloc(TRIED_BYTES), 0, TRIED_BYTES, 0);
    await part.file.sync();
  } catch (error) {
    throw localUnwritable(error);
  } finally {
    await part.leave("discarded");
  }
}

// --- the part that a later call resumes -----------------------------------------------------------

async function openShared(target: string): Promise<PartialFile | undefined> {
  const { part, notes, lock } = namesOf(target);
  const release = await tryLock(lock);
  if (release === undefined) return undefined;
  const opened = await openTrusted(part, notes, target).catch(() => undefined);
  if (opened === undefined) {
    await release();
    return undefined;
  }
  let isDescribed = false;
  return {
    file: opened.file,
    etagOf: (source) => readEtag(notes, source),
    async describe(source, etag) {
      isDescribed = true;
      if (etag === undefined) await unlinkIfThere(notes);
      else await replaceFile(notes, JSON.stringify({ source, etag }), NOTES_MODE);
    },
    async finish() {
      await moveInto(target, part, opened);
      await unlinkIfThere(notes);
      await close();
    },
    async leave(how) {
      // Nothing was begun: a later call has nothing to resume.
      const isUnused = !isDescribed && (await opened.file.stat()).size === 0;
      if (how === "discarded" || isUnused) for (const name of [part, notes]) await unlinkIfThere(name);
      await close();
    },
  };

  async function close(): Promise<void> {
    await opened?.file.close();
    await release?.();
  }
}

/** @returns undefined while another download to the same name runs, or if the lock cannot be created. */
async function tryLock(lock: string): Promise<(() => Promise<void>) | undefined> {
  try {
    const there = await lstatIfThere(lock);
    if (there !== undefined && !there.isSymbolicLink()) return undefined;
    return await acquireLock(lock);
  } catch {
    return undefined;
  }
}

async function openTrusted(part: string, notes: string, target: string): Promise<Opened> {
  const replaced = await lstatIfThere(target);
  const limit = replaced === undefined ? newFileMode() : permissions(replaced);
  const described = await lstatIfThere(notes);
  if (described !== undefined && !isOurs(described, NOTES_MODE | 0o044)) await unlink(notes);
  const file = await open(part, constants.O_RDWR | OPEN_SAFELY).catch(() => undefined);
  if (file !== undefined) {
    if (isOurs(await file.stat(), limit)) return { file, mode: limit };
    await file.close();
  }
  await unlinkIfThere(part);
  return create(part, replaced);
}

const NOTES_MODE = 0o600;
/** A pipe must not block, and a terminal must not become our controlling terminal. */
const OPEN_SAFELY = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const OTHERS_WRITE = 0o022;

/** Whether no other user wrote the file, can read it beyond `limit`, or has another name for it. */
function isOurs(found: Stats, limit: number): boolean {
  const us = process.geteuid?.() ?? found.uid;
  const isClosed = (permissions(found) & (OTHERS_WRITE | ~limit)) === 0;
  return found.isFile() && found.uid === us && found.nlink === 1 && isClosed;
}

async function readEtag(notes: string, source: string): Promise<string | undefined> {
  try {
    const found: unknown = JSON.parse(await readFile(notes, "utf8"));
    if (typeof found !== "object" || found === null) return undefined;
    if (!("source" in found) || found.source !== source || !("etag" in found)) return undefined;
    return typeof found.etag === "string" ? found.etag : undefined;
  } catch {
    // There are no notes, or they cannot be read: start over.
    return undefined;
  }
}

// --- a part of this call alone ----------------------------------------------------------------------

async function openPrivate(target: string): Promise<PartialFile> {
  const part = `${namesOf(target).part}.${randomBytes(6).toString("hex")}`;
  const opened = await create(part, await lstatIfThere(target));
  return {
    file: opened.file,
    etagOf: async () => undefined,
    describe: async () => undefined,
    async finish() {
      await moveInto(target, part, opened);
      await opened.file.close();
    },
    async leave() {
      await unlinkIfThere(part);
      await opened.file.close();
    },
  };
}

// --- names --------------------------------------------------------------------------------------------

/** In bytes. The limit of all common file systems on Linux and macOS. */
const MAX_NAME_BYTES = 255;
/** Room for ".", ".sallyport-part.json", and the additions of replaceFile (".", ".", 12 digits, ".tmp"). */
const AROUND = 1 + 20 + 18;

function namesOf(target: string): { part: string; notes: string; lock: string } {
  const name = shortened(basename(target), MAX_NAME_BYTES - AROUND);
  const part = join(dirname(target), `.${name}.sallyport-part`);
  return { part, notes: `${part}.json`, lock: `${part}.lock` };
}

/** A name of at most `most` bytes. A shortened name keeps its beginning and gets a digest to stay unique. */
function shortened(name: string, most: number): string {
  const bytes = Buffer.from(name);
  if (bytes.length <= most) return name;
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  let end = most - digest.length - 1;
  // Do not cut within a character: its bytes after the first begin with the bits 10.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.subarray(0, end)}-${digest}`;
}

// --- modes --------------------------------------------------------------------------------------------

interface Opened {
  readonly file: FileHandle;
  /** The final mode if no file is replaced. */
  readonly mode: number;
}

const permissions = ({ mode }: Stats): number => mode & 0o777;

const newFileMode = (): number => 0o666 & ~process.umask();

async function create(part: string, replaced: Stats | undefined): Promise<Opened> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | OPEN_SAFELY;
  const file = await open(part, flags, replaced === undefined ? 0o666 : 0o600);
  try {
    // The kernel may apply more than the umask: directories can have default ACLs.
    const mode = replaced === undefined ? permissions(await file.stat()) : await adoptGroup(file, replaced);
    await setMode(file, mode & ~OTHERS_WRITE, mode);
    return { file, mode };
  } catch (error) {
    await file.close();
    await unlinkIfThere(part);
    throw error;
  }
}

async function moveInto(target: string, part: string, { file, mode }: Opened): Promise<void> {
  // The target may have been created, removed or restricted since.
  const replaced = await lstatIfThere(target);
  if (replaced !== undefined && !replaced.isFile()) throw new Error(`"${target}" is no regular file any more`);
  const final = replaced === undefined ? mode : await adoptGroup(file, replaced);
  await setMode(file, final, final);
  await file.sync();
  await rename(part, target);
}

/** @returns the mode of `like`; if the group cannot be set, the permissions of others apply to the group. */
async function adoptGroup(file: FileHandle, like: Stats): Promise<number> {
  const mode = permissions(like);
  const { uid, gid } = await file.stat();
  if (gid === like.gid) return mode;
  try {
    await file.chown(uid, like.gid);
    return mode;
  } catch {
    return mode & (0o707 | ((mode & 0o007) << 3));
  }
}

/** File systems without modes refuse the change. That is harmless if the file is not more accessible than `most`. */
async function setMode(file: FileHandle, mode: number, most: number): Promise<void> {
  const has = permissions(await file.stat());
  if (has === mode) return;
  await file.chmod(mode).catch((error) => {
    if ((has & ~most) !== 0) throw error;
  });
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (errno(error) !== "ENOENT") throw error;
  });
}
