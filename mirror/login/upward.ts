/** Where tools look for the files of a project. */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";

/** `dir`, its parent, and so on to the root. */
export function* upward(dir: string): Iterable<string> {
  let at = dir;
  for (; dirname(at) !== at; at = dirname(at)) yield at;
  yield at;
}

/** Empty for a file that is not there or cannot be read: its tool does not read it either, or says so itself. */
export const textOf = (file: string): Promise<string> => readFile(file, "utf8").catch(() => "");
