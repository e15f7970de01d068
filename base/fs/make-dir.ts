/**
 * Directories with their missing parents. Node's `mkdir` with `recursive` never ends where making a directory in an
 * existing one fails with ENOENT, as below /proc or in a directory that was removed.
 */
import { mkdirSync, statSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errno, Fault, quote } from "../fault.js";

/**
 * @param mode of `dir` and of each parent that is made. @default 0o777, less the umask
 * @returns the first directory that was made; undefined if `dir` was there.
 * @throws the system's error: EEXIST and ENOTDIR name something else that has the name; a Fault for a dangling link.
 */
export async function makeDir(dir: string, mode?: number): Promise<string | undefined> {
  try {
    await mkdir(dir, mode);
    return dir;
  } catch (error) {
    if (!lacksParent(error, dir)) return refuseUnless(dir, await stat(dir).catch(() => undefined), error);
  }
  const first = await makeDir(dirname(dir), mode);
  try {
    await mkdir(dir, mode);
    return first ?? dir;
  } catch (error) {
    // Another process may have made it meanwhile.
    refuseUnless(dir, await stat(dir).catch(() => undefined), error);
    return first;
  }
}

/** The same while nothing else runs, for the start of a daemon. */
export function makeDirSync(dir: string, mode?: number): string | undefined {
  try {
    mkdirSync(dir, mode);
    return dir;
  } catch (error) {
    if (!lacksParent(error, dir)) return refuseUnless(dir, statSync(dir, { throwIfNoEntry: false }), error);
  }
  const first = makeDirSync(dirname(dir), mode);
  try {
    mkdirSync(dir, mode);
    return first ?? dir;
  } catch (error) {
    refuseUnless(dir, statSync(dir, { throwIfNoEntry: false }), error);
    return first;
  }
}

function lacksParent(error: unknown, dir: string): boolean {
  return errno(error) === "ENOENT" && dirname(dir) !== dir;
}

function refuseUnless(dir: string, there: { isDirectory(): boolean } | undefined, error: unknown): undefined {
  if (there?.isDirectory() === true) return;
  if (there === undefined && errno(error) === "EEXIST") throw leadsNowhere(dir, error);
  throw error;
}

const leadsNowhere = (dir: string, cause: unknown) =>
  new Fault("files/link-leads-nowhere", `${quote(dir)} is a link to a directory that is not there`, {
    hint: "make that directory, or remove the link",
    cause,
  });
