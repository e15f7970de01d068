/**
 * Opens a path inside an authorized directory and returns an open descriptor, since a "safe" path would promise nothing
 * about the next instant. Every name is looked up in the directory that was opened before it, and no link is followed.
 * So there is no moment at which swapping a name for a link leads outside.
 */
import { type BigIntStats, closeSync } from "node:fs";
import { notFound } from "../../http/problems.js";
import { walkProblem } from "./errno-problem.js";
import { duplicateDir, openDirAt, openPlaceAt, reopen, statOf } from "./proc-fd.js";
import type { Root } from "./roots.js";

export interface OpenFile {
  readonly kind: "file";
  /** Readable. */
  readonly fd: number;
  readonly stat: BigIntStats;
}

export interface OpenDirectory {
  readonly kind: "directory";
  /** For looking up names in it, not for reading it. */
  readonly fd: number;
  readonly stat: BigIntStats;
}

/**
 * @returns an open file or directory that the caller closes.
 * @throws Problem 404 for a missing path, a link, or anything but a file or directory.
 */
export function openInside(root: Root, names: readonly string[]): OpenFile | OpenDirectory {
  const leaf = names.at(-1);
  if (leaf === undefined) {
    const fd = duplicateDir(root.fd);
    return { kind: "directory", fd, stat: statOf(fd) };
  }
  const parent = walk(root, names.slice(0, -1));
  try {
    return openLeaf(parent, leaf);
  } finally {
    closeSync(parent);
  }
}

/** Opens the directory at `names`, for the caller to close. @throws Problem 404 */
export function walk(root: Root, names: readonly string[]): number {
  let dir = duplicateDir(root.fd);
  for (const name of names) dir = step(dir, name);
  return dir;
}

/** Closes `dir` and returns its child. */
function step(dir: number, name: string): number {
  try {
    return openDirAt(dir, name);
  } catch (error) {
    throw walkProblem(error, dir, name);
  } finally {
    closeSync(dir);
  }
}

/** Opens `name` in the directory `parent`, which the caller keeps open. */
export function openLeaf(parent: number, name: string): OpenFile | OpenDirectory {
  const place = openPlace(parent, name);
  let keep = false;
  try {
    const stat = statOf(place);
    if (stat.isDirectory()) {
      keep = true;
      return { kind: "directory", fd: place, stat };
    }
    if (!stat.isFile()) throw notFound(stat.isSymbolicLink() ? "outside" : "special");
    return { kind: "file", fd: readable(place, parent, name), stat };
  } finally {
    if (!keep) closeSync(place);
  }
}

function openPlace(parent: number, name: string): number {
  try {
    return openPlaceAt(parent, name);
  } catch (error) {
    throw walkProblem(error, parent, name);
  }
}

function readable(place: number, parent: number, name: string): number {
  try {
    return reopen(place);
  } catch (error) {
    throw walkProblem(error, parent, name);
  }
}
