/** Lists an opened directory: its regular files and directories, in a fixed order. */
import { readdir } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { statAt } from "./proc-fd.js";
import { isReserved } from "./reserved.js";

interface DirectoryEntry {
  readonly name: string;
  readonly type: "file" | "directory";
  /** Bytes; 0 for a directory. */
  readonly size: number;
  /** ISO 8601. */
  readonly modified: string;
}

/** Calls of stat between two ticks of the event loop: about a millisecond of work. */
const BATCH = 256;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface Listed {
  readonly entries: DirectoryEntry[];
  /** How many entries no request can ask for: links, devices, and names that cannot be written in one. */
  readonly notShown: number;
}

export async function listInside(dir: number): Promise<Listed> {
  const raw = await readdir(`/proc/self/fd/${dir}`, { encoding: "buffer" });
  const names = raw.map(decode).filter((name) => name === undefined || !isReserved(name));
  const entries: DirectoryEntry[] = [];
  let notShown = 0;
  for (const [index, name] of names.sort(byCodePoint).entries()) {
    if (index % BATCH === BATCH - 1) await setImmediate();
    const entry = name === undefined || name.includes("\\") ? "other" : describe(dir, name);
    if (entry === "other") notShown += 1;
    else if (entry !== undefined) entries.push(entry);
  }
  return { entries, notShown };
}

/** @returns undefined for one that is gone meanwhile. */
function describe(dir: number, name: string): DirectoryEntry | "other" | undefined {
  const stat = statAt(dir, name);
  if (stat === undefined) return undefined;
  const type = stat.isFile() ? "file" : stat.isDirectory() ? "directory" : undefined;
  if (type === undefined) return "other";
  return { name, type, size: type === "file" ? Number(stat.size) : 0, modified: stat.mtime.toISOString() };
}

/** Names that are not UTF-8 or hold a backslash are only counted, because no request can name them. */
function decode(name: Buffer): string | undefined {
  try {
    return utf8.decode(name);
  } catch {
    return undefined;
  }
}

function byCodePoint(a: string | undefined, b: string | undefined): number {
  return (a ?? "") < (b ?? "") ? -1 : 1;
}
