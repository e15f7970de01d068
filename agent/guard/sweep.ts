/** Removes the leftovers of a killed agent's uploads: the files with its own prefix, in every directory. */
import { closeSync, unlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { at, duplicateDir, openDirAt } from "./proc-fd.js";
import type { Root } from "./roots.js";

/**
 * @param prefix of this host's temporaries. @param isLive whether a name belongs to an upload in progress.
 * @returns how many were removed. Unreadable directories are skipped.
 */
export async function sweep(root: Root, prefix: string, isLive: (name: string) => boolean): Promise<number> {
  return root.mode === "ro" ? 0 : sweepDir(duplicateDir(root.fd), prefix, isLive);
}

async function sweepDir(dir: number, prefix: string, isLive: (name: string) => boolean): Promise<number> {
  let removed = 0;
  try {
    for (const entry of await readdir(`/proc/self/fd/${dir}`, { withFileTypes: true })) {
      if (entry.isDirectory()) {
        const child = enter(dir, entry.name);
        if (child !== undefined) removed += await sweepDir(child, prefix, isLive);
      } else if (entry.name.startsWith(prefix) && !isLive(entry.name)) {
        unlinkSync(at(dir, entry.name));
        removed += 1;
      }
    }
  } catch {
    // We cannot read or write it, so we left nothing there either.
  } finally {
    closeSync(dir);
  }
  return removed;
}

function enter(dir: number, name: string): number | undefined {
  try {
    return openDirAt(dir, name);
  } catch {
    return undefined;
  }
}
