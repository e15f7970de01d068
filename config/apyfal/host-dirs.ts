/** Converts `authorized_host_dirs`, one path per line, to entries of our list. Empty lines give no entry. */
import { posix } from "node:path";
import { localPathOf } from "./literal.js";
import type { Outcome } from "./outcome.js";

/**
 * For an empty first line, Apyfal opened the working directory of its service. Here it opens nothing.
 */
export function hostDirs(value: string): Outcome[] {
  const dirs: ({ path: string; name: string } | string)[] = [];
  const names = new Set<string>();
  const refused: Outcome[] = [];
  const seen = new Set<string>();
  for (const written of value.split("\n").map((line) => line.trim())) {
    if (written === "") continue;
    const path = tidy(localPathOf(written) ?? "");
    if (seen.has(path)) continue;
    const reason = objection(path);
    if (reason !== undefined) {
      refused.push({ none: reason });
      continue;
    }
    seen.add(path);
    const name = posix.basename(path);
    const unique = uniqueName(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name) ? name : "dir", names);
    names.add(unique);
    dirs.push(unique === name ? path : { path, name: unique });
  }
  if (dirs.length === 0) return refused;
  return [{ keys: { authorized_host_dirs: dirs } }, ...refused];
}

function objection(path: string): string | undefined {
  if (path === "/") return "the line with the whole host is left out; name the directories that are meant";
  if (!/^(?:~$|~\/|\/)/.test(path)) {
    return "a line that is neither absolute nor below ~ is left out; write the whole path into authorized_host_dirs";
  }
  if (/[\p{Cc}\s"'\\$%:;]|(?:^|\/)\.\.(?:\/|$)/u.test(path)) {
    return "a line with spaces, quotes, colons or .. is left out; rename the directory, or link to it";
  }
  return undefined;
}

function uniqueName(name: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name.slice(0, 58)}-${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}

function tidy(path: string): string {
  return path === "" ? "" : posix.normalize(path).replace(/(?<=.)\/$/, "");
}
