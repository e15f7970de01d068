/** Pages of the documentation, by name: a page keeps its name when it moves. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { packageRoot } from "../../../base/tools.js";

/** The text of the page that has this name, wherever below docs/ it lies. @throws if there is none or more than one */
export function pageNamed(name: string): string {
  const docs = join(packageRoot, "docs");
  const found = readdirSync(docs, { recursive: true, encoding: "utf8" }).filter((path) => basename(path) === name);
  if (found.length !== 1) throw new Error(`${found.length} pages have the name ${name}`);
  return readFileSync(join(docs, found[0] ?? ""), "utf8");
}
