/** From the kernel's errors to problems that tell clients no more than they may know. */
import { errno } from "../../base/fault.js";
import type { Problem } from "../../http/problem.js";
import { notFound } from "../../http/problems.js";
import { denied, diskFull } from "../problems.js";
import { statAt } from "./proc-fd.js";

/** For the walk to a path. @returns the error itself if it is not about the path. */
export function walkProblem(error: unknown, dir: number, name: string): Problem | unknown {
  switch (errno(error)) {
    case "ENOENT":
    case "ENAMETOOLONG":
      return notFound();
    case "ENOTDIR":
    case "ELOOP":
    case "ENXIO":
      return notFound(verdictAt(dir, name));
    default:
      return storageProblem(error);
  }
}

/** For calls that change the tree. */
export function storageProblem(error: unknown): Problem | unknown {
  switch (errno(error)) {
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return denied(error);
    case "ENOSPC":
    case "EDQUOT":
      return diskFull(error);
    default:
      return error;
  }
}

/** For the log alone: something else may be there by now. */
function verdictAt(dir: number, name: string): string {
  return statAt(dir, name)?.isSymbolicLink() ? "outside" : "missing";
}
