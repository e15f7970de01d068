/** Writes the new configuration. */
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { errno } from "../../base/fault.js";
import { createExclusive } from "../../base/fs/atomic.js";
import { fileExists, fileNotWritten } from "../errors.js";

/** Turns paths relative to `cwd` into paths relative to the new file. `~` and absolute paths stay. */
export function rebaseTo(cwd: string, output: string): (path: string) => string {
  const dir = dirname(resolve(cwd, output));
  return (path) =>
    dir === resolve(cwd) || isAbsolute(path) || /^~(?:$|\/)/.test(path) ? path : relative(dir, resolve(cwd, path));
}

/** @throws Fault (exit status 5) if the file exists already. */
export async function writeNew(cwd: string, file: string, text: string): Promise<string> {
  const path = resolve(cwd, file);
  try {
    if (await createExclusive(path, text, 0o644)) return path;
  } catch (error) {
    throw fileNotWritten(path, errno(error) ?? String(error), error);
  }
  throw fileExists(path);
}
