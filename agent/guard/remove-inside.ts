/** Removes one file or empty directory. A link swapped in at the last moment is removed itself, not its target. */
import { type BigIntStats, closeSync, rmdirSync, unlinkSync } from "node:fs";
import { errno } from "../../base/fault.js";
import { notFound } from "../../http/problems.js";
import { isDirectory, notEmpty } from "../problems.js";
import { storageProblem, walkProblem } from "./errno-problem.js";
import { syncDir } from "./make-parents.js";
import { walk } from "./open-inside.js";
import { at, statAt } from "./proc-fd.js";
import type { Root } from "./roots.js";
import { endTick } from "./tick.js";

/** @param names at least one. @param allow throws if the file is not in the requested state. */
export function removeInside(
  root: Root,
  names: readonly string[],
  slash: boolean,
  allow: (stat: BigIntStats) => void,
): void {
  const dir = walk(root, names.slice(0, -1));
  const name = names.at(-1) ?? "";
  try {
    const stat = statAt(dir, name);
    if (stat === undefined) throw notFound();
    if (stat.isDirectory()) {
      allow(stat);
      rmdirSync(at(dir, name));
    } else if (stat.isFile() && !slash) {
      allow(stat);
      unlinkSync(at(dir, name));
    } else {
      throw notFound(stat.isSymbolicLink() ? "outside" : stat.isFile() ? "missing" : "special");
    }
    endTick();
    syncDir(dir);
  } catch (error) {
    throw toProblem(error, dir, name);
  } finally {
    closeSync(dir);
  }
}

function toProblem(error: unknown, dir: number, name: string): unknown {
  const code = errno(error);
  if (code === "ENOTEMPTY" || code === "EEXIST") return notEmpty();
  if (code === "EISDIR") return isDirectory();
  return code === undefined || code === "EACCES" || code === "EPERM" || code === "EROFS"
    ? storageProblem(error)
    : walkProblem(error, dir, name);
}
