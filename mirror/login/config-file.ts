/** Reads and replaces the configuration files of other programs: those that are the user's own, and text. */
import { access, constants, lstat, readFile, readlink, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errno, Fault } from "../../base/fault.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { makeDir } from "../../base/fs/make-dir.js";
import * as errors from "./errors.js";

export interface ConfigFile {
  /** Null if there is no file. */
  readonly text: string | null;
  readonly mode: number | null;
}

/** @throws Fault for what is not the user's own text */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  try {
    const about = await stat(file);
    if (!about.isFile()) throw errors.notAFile(file);
    // Replacing it would make it ours, and its owner's program could not read it any more.
    if (about.uid !== process.geteuid?.()) throw errors.notYours(file, about.uid);
    const bytes = await readFile(file);
    const text = bytes.toString("utf8");
    if (!Buffer.from(text, "utf8").equals(bytes)) throw errors.notText(file);
    return { text, mode: about.mode & 0o777 };
  } catch (error) {
    if (errno(error) === "ENOENT") return { text: null, mode: null };
    throw fileFault(file, error);
  }
}

/** A link, for example into a collection of dot files, stays a link: its target is written. @throws Fault */
export async function resolveLink(file: string): Promise<string> {
  const link = await lstat(file).catch(() => undefined);
  if (link?.isSymbolicLink() !== true) return file;
  return await realpath(file).catch(async () => {
    throw errors.brokenLink(file, await readlink(file));
  });
}

/** Whether the file can be replaced, before any other is. @throws Fault */
export async function checkReplaceable(file: string): Promise<void> {
  for (let dir = dirname(file); ; dir = dirname(dir)) {
    try {
      await access(dir, constants.W_OK | constants.X_OK);
      return;
    } catch (error) {
      if (errno(error) !== "ENOENT" || dirname(dir) === dir) throw fileFault(dir, error);
    }
  }
}

export async function replaceConfigFile(file: string, text: string, mode: number): Promise<void> {
  await makeDir(dirname(file), 0o700);
  await replaceFile(file, text, mode);
}

function fileFault(path: string, error: unknown): unknown {
  const code = error instanceof Fault ? undefined : errno(error);
  return code === undefined ? error : errors.noAccess(path, code, error);
}
