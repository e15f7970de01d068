/** Where the new configuration goes. */
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { errno } from "../../base/fault.js";
import { createExclusive } from "../../base/fs/atomic.js";
import { fileExists, fileNotWritten } from "../errors.js";

/** Paths relative to `cwd` as paths relative to the file that is to be written; `~` and absolute ones stay. */
export function rebaseTo(cwd: string, output: string): (path: string) => string {
  const dir = dirname(resolve(cwd, output));
  return (path) =>
    dir === resolve(cwd) || isAbsolute(path) || /^~(?:$|\/)/.test(path) ? path : relative(dir, resolve(cwd, path));
}

/** @throws Fault (exit status 5) if there is a file already. */
export async function writeNew(cwd: string, file: string, text: string): Promise<string> {
  const path = resolve(cwd, file);
  try {
    if (await createExclusive(path, text, 0o644)) return path;
  } catch (error) {
    throw fileNotWritten(path, errno(error) ?? String(error), error);
  }
  throw fileExists(path);
}
