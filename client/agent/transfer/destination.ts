/**
 * The local destination of a download: a file that is replaced in one step, or a device or pipe that receives the
 * bytes.
 *
 * Links are followed: the link stays, and the file behind it is replaced. In a sticky directory that everyone may write
 * to, such as /tmp, another user may have planted a link or a pipe. The kernel protects opening files against that
 * (fs.protected_symlinks, fs.protected_fifos, fs.protected_regular), but not renaming, so the same rule is applied
 * here.
 */
import { constants, type Stats } from "node:fs";
import { access, lstat, readlink, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { errno } from "../../../base/fault.js";
import { localForeign, localIsDirectory, localUnwritable } from "../../errors.js";

export type Destination =
  /** A regular file or a free name. `path` contains no link. */
  | { readonly kind: "file"; readonly path: string }
  /** An open file (/dev/fd/3), or one whose identity matters more than its content. */
  | { readonly kind: "sink"; readonly path: string; readonly isPipe: boolean };

/** @throws Fault if it is a directory, or the caller may not write to it. */
export async function destinationOf(localFile: string): Promise<Destination> {
  try {
    const { path, entry, isOpenFile } = await followLinks(localFile);
    if (entry?.isDirectory()) throw localIsDirectory(localFile);
    if (isOpenFile) return { kind: "sink", path, isPipe: entry?.isFIFO() === true };
    if (entry === undefined) return { kind: "file", path };
    if (!entry.isFile()) return { kind: "sink", path, isPipe: entry.isFIFO() };
    // A rename would replace read-only files too, which their owner does not expect of a command that writes.
    await access(path, constants.W_OK);
    return { kind: "file", path };
  } catch (error) {
    throw localUnwritable(error);
  }
}

/** Whether a name refers to the program's own standard output. */
export function isStandardOutput(path: string): boolean {
  return ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].includes(path);
}

/** The path that a download to `localFile` would write; `localFile` itself if that cannot be determined. */
export async function writtenPath(localFile: string): Promise<string> {
  return followLinks(localFile).then(
    ({ path }) => path,
    () => localFile,
  );
}

interface Followed {
  readonly path: string;
  /** Undefined: the name is free. */
  readonly entry: Stats | undefined;
  /** A link in /proc: its text describes an open file, and only opening the link itself leads there. */
  readonly isOpenFile: boolean;
}

/** Linux follows as many. */
const MAX_LINKS = 40;

async function followLinks(localFile: string): Promise<Followed> {
  let at = localFile;
  for (let links = 0; links <= MAX_LINKS; links += 1) {
    // Unlike realpath, this lets the kernel refuse links that other users planted among the directories.
    await stat(dirname(at));
    const dir = await realpath(dirname(at));
    const path = join(dir, basename(at));
    const entry = await lstatIfThere(path);
    if (entry === undefined) return { path, entry, isOpenFile: false };
    if (await isForeign(entry, dir)) throw localForeign(path);
    if (!entry.isSymbolicLink()) return { path, entry, isOpenFile: false };
    if (dir.startsWith("/proc/")) return { path, entry: await stat(path), isOpenFile: true };
    const text = await readlink(path);
    // Not joined: "a/../b" is beside the target of "a", which only the kernel knows.
    at = isAbsolute(text) ? text : `${dir}/${text}`;
  }
  throw new Error(`ELOOP: too many symbolic links, open '${localFile}'`);
}

const STICKY_AND_OPEN = 0o1002;

async function isForeign(entry: Stats, dir: string): Promise<boolean> {
  const { mode, uid } = await stat(dir);
  const us = process.geteuid?.() ?? entry.uid;
  return (mode & STICKY_AND_OPEN) === STICKY_AND_OPEN && entry.uid !== us && entry.uid !== uid;
}

export async function lstatIfThere(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: unknown) => {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  });
}
