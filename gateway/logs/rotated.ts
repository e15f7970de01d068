/** A log and what rotation made of its older parts: `kern.log.1`, `kern.log-20260102`, in the same folder. */
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errno } from "../../base/fault.js";
import { headOf, type Position } from "./position.js";

export interface Part {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  readonly size: number;
  readonly modifiedMs: number;
}

/** What cannot be read line by line. */
const PACKED = /\.(gz|bz2|xz|zst|lz4)$/;

/** @returns the older parts, oldest first; without the log itself. */
export async function olderParts(file: string): Promise<Part[]> {
  const dir = dirname(file);
  const name = basename(file);
  const isPart = (other: string) =>
    other.length > name.length && other.startsWith(name) && /^[.-]/.test(other.slice(name.length));
  const names = (await readdir(dir)).filter((other) => isPart(other) && !PACKED.test(other));
  const parts = await Promise.all(names.map((other) => partAt(join(dir, other))));
  return parts.filter((part) => part !== undefined).sort(byAge);
}

/** @returns undefined where there is no such file. */
export async function partAt(path: string): Promise<Part | undefined> {
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
 * Where the reading that stopped at `position` can go on: the same file under whatever name, or a copy of it.
 *
 * @param isCopyOnly the file itself was truncated.
 */
export async function partOf(
  position: Position,
  parts: readonly Part[],
  isCopyOnly = false,
): Promise<Part | undefined> {
  const isSame = (part: Part) => part.device === position.device && part.inode === position.inode;
  const candidates = [...parts.filter((part) => isSame(part) && !isCopyOnly), ...parts.filter((part) => !isSame(part))];
  for (const part of candidates) {
    if (part.size >= position.offset && (await beginsAs(part.path, position))) return part;
  }
  return undefined;
}

/** What was written after `part`, oldest first. */
export function after(part: Pick<Part, "path" | "modifiedMs">, parts: readonly Part[]): Part[] {
  const index = parts.findIndex(({ path }) => path === part.path);
  return index === -1 ? parts.filter(({ modifiedMs }) => modifiedMs > part.modifiedMs) : parts.slice(index + 1);
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

/** The kernel's clock for files ticks some times a second only; numbers of rotation count upwards with age. */
function byAge(a: Part, b: Part): number {
  return a.modifiedMs - b.modifiedMs || rank(b.path) - rank(a.path) || (a.path < b.path ? -1 : 1);
}

const rank = (path: string) => Number(/\.(\d{1,6})$/.exec(path)?.[1] ?? 0);
