/** The directory of all jobs: made if necessary, closed to clients, and of one agent at a time. */
import { realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { errno } from "../../base/fault.js";
import { acquireLock } from "../../base/fs/lock.js";
import { makeDirSync } from "../../base/fs/make-dir.js";
import type { Root } from "../guard/roots.js";
import { jobsDirectoryBusy, jobsDirectoryShared, jobsDirectoryUnusable } from "./errors.js";

export interface JobsDirectory {
  /** Without links. */
  readonly path: string;
  readonly unlock: () => Promise<void>;
}

/** @throws Fault */
export async function openJobsDirectory(path: string, roots: readonly Root[]): Promise<JobsDirectory> {
  const dir = prepare(path, roots);
  return { path: dir, unlock: await acquireLock(join(dir, ".lock"), { held: (pid) => jobsDirectoryBusy(dir, pid) }) };
}

/** Inside an authorized directory, clients could read and write the files of all jobs. */
function prepare(path: string, roots: readonly Root[]): string {
  let dir: string;
  try {
    makeDirSync(path, 0o700);
    dir = realpathSync(path);
  } catch (error) {
    throw jobsDirectoryUnusable(path, errno(error) ?? String(error));
  }
  const within = (inner: string, outer: string) => inner === outer || inner.startsWith(outer + sep);
  const shared = roots.find((root) => within(dir, root.path) || within(root.path, dir));
  if (shared !== undefined) throw jobsDirectoryShared(path, shared.name);
  return dir;
}
