import { readdirSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../base/tools.js";

/** What a reader of the package reads: README, docs/ and the READMEs of the examples. Paths from the root of the repository. */
export function documents(): string[] {
  const under = (dir: string) =>
    readdirSync(join(packageRoot, dir), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md") && !name.startsWith(".") && !name.includes("node_modules"))
      .map((name) => `${dir}/${name}`)
      .sort();
  return ["README.md", ...under("docs"), ...under("examples")];
}
