/**
 * The authorized directories, opened once at the start and held open. The directory that was there is authorized, not
 * another one that gets its name later; that one counts after a restart.
 */
import { accessSync, closeSync, constants, realpathSync, statSync } from "node:fs";
import { dirname, sep } from "node:path";
import { errno } from "../../base/fault.js";
import { makeDirSync } from "../../base/fs/make-dir.js";
import { givenHome } from "../../base/home.js";
import {
  directoriesOverlap,
  directoryMissing,
  directoryUnusable,
  noProc,
  notDirectory,
  rootDirectory,
} from "../errors.js";
import { expandPath } from "../settings/load.js";
import type { HostDir } from "../settings/schema.js";
import { openRoot } from "./proc-fd.js";

export interface Root {
  readonly name: string;
  /** Its real path when it was opened. */
  readonly path: string;
  readonly mode: "rw" | "ro";
  readonly fd: number;
}

/** Group access too: on the host, the SSH user shares these directories with the agent through a group. */
const NEW_DIRECTORY_MODE = 0o770;

/** Creates missing directories under HOME; others must exist. @throws Fault */
export function openRoots(dirs: readonly HostDir[], env: NodeJS.ProcessEnv): Root[] {
  if (statSync("/proc/self/fd", { throwIfNoEntry: false }) === undefined) throw noProc();
  const roots: Root[] = [];
  try {
    for (const dir of dirs) roots.push(openOne(dir, env));
    refuseOverlaps(roots);
  } catch (error) {
    closeRoots(roots);
    throw error;
  }
  return roots;
}

export function closeRoots(roots: readonly Root[]): void {
  for (const root of roots) closeSync(root.fd);
}

function openOne(dir: HostDir, env: NodeJS.ProcessEnv): Root {
  const path = expandPath("authorized_host_dirs", dir.path, env);
  if (isInside(path, givenHome(env))) makeDirSync(path, NEW_DIRECTORY_MODE);
  const real = reallyAt(path);
  if (real === sep) throw rootDirectory();
  check(path, constants.R_OK | constants.X_OK, "read");
  if (dir.mode === "rw") check(path, constants.W_OK, "written");
  return { name: dir.name, path: real, mode: dir.mode, fd: openRoot(real) };
}

function reallyAt(path: string): string {
  try {
    const real = realpathSync(path);
    if (!statSync(real).isDirectory()) throw notDirectory(path);
    return real;
  } catch (error) {
    if (errno(error) === "ENOENT") throw directoryMissing(path);
    if (errno(error) === "EACCES") throw directoryUnusable(path, "read");
    throw error;
  }
}

function check(path: string, mode: number, need: "read" | "written"): void {
  try {
    accessSync(path, mode);
  } catch {
    throw directoryUnusable(path, need);
  }
}

/** A directory that can be written through another one is not read-only. */
function refuseOverlaps(roots: readonly Root[]): void {
  for (const inner of roots) {
    const outer = roots.find((root) => root.mode === "rw" && inner.mode === "ro" && isWithin(inner.path, root.path));
    if (outer !== undefined) throw directoriesOverlap(inner.path, outer.path);
  }
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root + sep);
}

function isInside(path: string, home: string | undefined): boolean {
  return home !== undefined && home !== "" && isWithin(dirname(path), home);
}
