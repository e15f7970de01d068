/** Reads the parts of boot scripts: the shell files in this folder, which shellcheck checks as they are. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { roomsRoot } from "../../base/tools.js";
import * as errors from "./errors.js";

export type PartName = "functions" | "host" | "name-itself" | "gateway" | "init-config" | "init-script";

/**
 * The text of a part without its first paragraph, which is for readers and for shellcheck.
 *
 * @param words placeholder `@NAME@` in the file → replacement text
 */
export function bootPart(name: PartName, words: Readonly<Record<string, string>> = {}): string {
  const text = readFileSync(join(roomsRoot, `stacks/boot/${name}.sh`), "utf8");
  return text.slice(text.indexOf("\n\n") + 2).replace(/@([A-Z]+)@/g, (placeholder, word: string) => {
    const value = words[word];
    if (value === undefined) throw errors.unfilledPlaceholder(name, placeholder);
    return value;
  });
}
