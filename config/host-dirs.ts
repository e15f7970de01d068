/** Normalises the short forms of `authorized_host_dirs` to path, mode and name. */
import { posix } from "node:path";
import { duplicateDirectory, duplicateName, nameNeeded, wholeHost } from "./errors.js";
import type { ConfigFile, HostDir } from "./schema.js";

type Written = NonNullable<ConfigFile["authorized_host_dirs"]>[number];

const validName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** @param where returns the place of the n-th entry. */
export function resolveHostDirs(written: readonly Written[], where: (index: number) => string): HostDir[] {
  const dirs: HostDir[] = [];
  for (const [index, entry] of written.entries()) {
    const label = `authorized_host_dirs[${index}]`;
    const { path, mode, name } = parts(entry);
    if (path === "/") throw wholeHost(where(index), label);
    if (!validName.test(name)) throw nameNeeded(where(index), label, path);
    const same = dirs.findIndex((dir) => dir.path === path);
    if (same >= 0) throw duplicateDirectory(where(index), label, path, `authorized_host_dirs[${same}]`);
    const namesake = dirs.findIndex((dir) => dir.name === name);
    if (namesake >= 0) throw duplicateName(where(index), label, name, `authorized_host_dirs[${namesake}]`);
    dirs.push({ path, mode, name });
  }
  return dirs;
}

/** Warns about read-only directories that are writable through another one. */
export function nestedDirWarnings(dirs: readonly HostDir[]): string[] {
  return dirs
    .filter((dir) => dir.mode === "ro")
    .flatMap((inner) =>
      dirs
        .filter((outer) => outer.mode === "rw" && inner.path.startsWith(`${outer.path}/`))
        .map(
          (outer) => `authorized_host_dirs: "${inner.path}" is read-only, but can be written through "${outer.path}"`,
        ),
    );
}

function parts(entry: Written): HostDir {
  if (typeof entry !== "string") {
    const path = tidy(entry.path);
    return { path, mode: entry.mode ?? "rw", name: entry.name ?? posix.basename(path) };
  }
  const path = tidy(entry.replace(/:r[ow]$/, ""));
  return { path, mode: entry.endsWith(":ro") ? "ro" : "rw", name: posix.basename(path) };
}

/** `/data//x/./` as `/data/x`. */
function tidy(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, "");
}
