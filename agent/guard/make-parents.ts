/** Opens the directory for a new file, and creates missing directories on the way. Never follows a link. */
import { closeSync, fsyncSync, mkdirSync, openSync, rmdirSync } from "node:fs";
import { errno } from "../../base/fault.js";
import { underFile } from "../problems.js";
import { walkProblem } from "./errno-problem.js";
import { at, closeAll, duplicateDir, openDirAt, statAt } from "./proc-fd.js";
import type { Root } from "./roots.js";

/** Narrowed by the process's umask. */
const DIRECTORY_MODE = 0o777;

export interface Parents {
  /** The innermost directory. */
  readonly dir: number;
  /** Flushes the new directories, so that they survive a power cut. */
  sync(): void;
  /** Removes the new directories again, unless they are in use by now. */
  undo(): void;
  close(): void;
}

/** @throws Problem */
export function makeParents(root: Root, names: readonly string[]): Parents {
  // Outermost first; one more than there are names.
  const chain = [duplicateDir(root.fd)];
  const made: Array<{ dir: number; name: string }> = [];
  const undo = () => {
    for (const { dir, name } of made.splice(0).reverse()) removeQuietly(dir, name);
  };
  try {
    for (const name of names) {
      const dir = chain.at(-1) ?? root.fd;
      if (make(dir, name)) made.push({ dir, name });
      chain.push(enter(dir, name));
    }
  } catch (error) {
    undo();
    closeAll(chain);
    throw error;
  }
  return {
    dir: chain.at(-1) ?? root.fd,
    sync: () => {
      for (const { dir } of made) syncDir(dir);
    },
    undo,
    close: () => closeAll(chain),
  };
}

export function syncDir(dir: number): void {
  const fd = openSync(`/proc/self/fd/${dir}/.`, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** @returns whether it is new. */
function make(dir: number, name: string): boolean {
  try {
    mkdirSync(at(dir, name), DIRECTORY_MODE);
    return true;
  } catch (error) {
    if (errno(error) === "EEXIST") return false;
    throw walkProblem(error, dir, name);
  }
}

function enter(dir: number, name: string): number {
  try {
    return openDirAt(dir, name);
  } catch (error) {
    if (statAt(dir, name)?.isFile()) throw underFile();
    throw walkProblem(error, dir, name);
  }
}

function removeQuietly(dir: number, name: string): void {
  try {
    rmdirSync(at(dir, name));
  } catch {
    // It is in use, so it stays.
  }
}
