/** Remote paths such as `shared/results/run 1.csv`, and the request path for each. */
import { badRemotePath } from "../errors.js";

/**
 * Encodes each name. Refuses paths that cannot mean one file (empty names, `.`, `..`, NUL, backslash), so that a typo
 * is reported before anything is sent.
 */
export function filesPath(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  if (trimmed === "") throw badRemotePath(path, "names nothing");
  return `/v1/files/${trimmed
    .split("/")
    .map((name) => encodeName(name, path))
    .join("/")}`;
}

function encodeName(name: string, path: string): string {
  if (name === "") throw badRemotePath(path, "has an empty name");
  if (name === "." || name === "..") throw badRemotePath(path, `has the name "${name}"`);
  if (name.includes("\0") || name.includes("\\")) throw badRemotePath(path, "has a character that no name may have");
  try {
    return encodeURIComponent(name);
  } catch {
    throw badRemotePath(path, "is not well-formed Unicode");
  }
}
