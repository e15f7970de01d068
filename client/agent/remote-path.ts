/** `shared/results/run 1.csv` and the request path that means it. */
import { badRemotePath } from "../errors.js";

/**
 * Encodes each name; refuses what could not mean one file (empty names, `.`, `..`, NUL, backslash),
 * so that a typo is told here and not by the host.
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
