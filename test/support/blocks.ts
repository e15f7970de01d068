import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../base/tools.js";
import { documents } from "./documents.js";

export interface Block {
  readonly page: string;
  /** "" if the fence names none. */
  readonly language: string;
  readonly text: string;
  /** The line before the block that is not empty. */
  readonly before: string;
  /** `PAGE: FIRST LINE` */
  readonly where: string;
}

/** Every fenced block of the documents. */
export function blocks(): Block[] {
  return documents().flatMap((page) => {
    const source = readFileSync(join(packageRoot, page), "utf8");
    return [...source.matchAll(/^([ ]*)```([\w-]*)\n([\s\S]*?)^\1```/gm)].map((found) => {
      const [, , language = "", text = ""] = found;
      const before = source.slice(0, found.index).trimEnd().split("\n").at(-1) ?? "";
      return { page, language, text, before, where: `${page}: ${text.split("\n", 1)[0]?.trim()}` };
    });
  });
}
