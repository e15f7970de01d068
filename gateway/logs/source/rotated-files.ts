/** A log and its rotated files in the same folder: `kern.log.1`, `kern.log-20260102`. */
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errno } from "../../../base/fault.js";
import { headOf, type Position } from "./position.js";

export interface LogFile {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  readonly size: number;
  readonly modifiedMs: number;
}

/** Compressed files cannot be read line by line. */
const PACKED = /\.(gz|bz2|xz|zst|lz4)$/;

/** @returns the rotated files, oldest first, without the log itself. */
export async function rotatedFiles(file: string): Promise<LogFile[]> {
  const dir = dirname(file);
  const name = basename(file);
  const isRotated = (other: string) =>
    other.length > name.length && other.startsWith(name) && /^[.-]/.test(other.slice(name.length));
  const names = (await readdir(dir)).filter((other) => isRotated(other) && !PACKED.test(other));
  const files = await Promise.all(names.map((other) => logFileAt(join(dir, other))));
  return files.filter((file) => file !== undefined).sort(byAge);
}

/** @returns undefined if there is no such file. */
export async function logFileAt(path: string): Promise<LogFile | undefined> {
  try {
    const { dev, ino, size, mtimeMs, isFile } = await stat(path).then((found) => ({
      ...found,
      isFile: found.isFile(),
    }));
    return isFile ? { path, device: dev, inode: ino, size, modifiedMs: mtimeMs } : undefined;
  } catch (error) {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Finds the file in which reading continues at `position`: the same file under any name, or a copy of it.
 *
 * @param isCopyOnly whether the file itself was truncated.
 */
export async function findContinuation(
  position: Position,
  files: readonly LogFile[],
  isCopyOnly = false,
): Promise<LogFile | undefined> {
  const isSame = (file: LogFile) => file.device === position.device && file.inode === position.inode;
  const candidates = [...files.filter((file) => isSame(file) && !isCopyOnly), ...files.filter((file) => !isSame(file))];
  for (const file of candidates) {
    if (file.size >= position.offset && (await beginsAs(file.path, position))) return file;
  }
  return undefined;
}

/** The files written after `file`, oldest first. */
export function after(file: Pick<LogFile, "path" | "modifiedMs">, files: readonly LogFile[]): LogFile[] {
  const index = files.findIndex(({ path }) => path === file.path);
  return index === -1 ? files.filter(({ modifiedMs }) => modifiedMs > file.modifiedMs) : files.slice(index + 1);
}

async function beginsAs(path: string, { head, headBytes }: Position): Promise<boolean> {
  try {
    const file = await open(path, "r");
    try {
      const bytes = Buffer.alloc(headBytes);
      const { bytesRead } = await file.read(bytes, 0, headBytes, 0);
      return bytesRead === headBytes && headOf(bytes) === head;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errno(error) === "ENOENT") return false;
    throw error;
  }
}

/** File times are coarse, so equal ones are ordered by rotation number, which grows with age. */
function byAge(a: LogFile, b: LogFile): number {
  return a.modifiedMs - b.modifiedMs || rank(b.path) - rank(a.path) || (a.path < b.path ? -1 : 1);
}

const rank = (path: string) => Number(/\.(\d{1,6})$/.exec(path)?.[1] ?? 0);
