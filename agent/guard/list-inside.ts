/** Lists an opened directory: its regular files and directories, in a fixed order. */
import { readdir } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { statAt } from "./proc-fd.js";
import { isReserved } from "./reserved.js";

export interface DirectoryEntry {
  readonly name: string;
  readonly type: "file" | "directory";
  /** Bytes; 0 for a directory. */
  readonly size: number;
  /** ISO 8601. */
  readonly modified: string;
}

/** Calls of stat between two ticks of the event loop: about a millisecond of work. */
const BATCH = 256;
const utf8 = new TextDecoder("utf-8", { fatal: true });

export async function listInside(dir: number): Promise<DirectoryEntry[]> {
  const raw = await readdir(`/proc/self/fd/${dir}`, { encoding: "buffer" });
  const names = raw.map(decode).filter((name) => name !== undefined && !isReserved(name) && !name.includes("\\"));
  const entries: DirectoryEntry[] = [];
  for (const [index, name] of names.sort(byCodePoint).entries()) {
    if (index % BATCH === BATCH - 1) await setImmediate();
    const entry = name === undefined ? undefined : describe(dir, name);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

function describe(dir: number, name: string): DirectoryEntry | undefined {
  const stat = statAt(dir, name);
  const type = stat?.isFile() ? "file" : stat?.isDirectory() ? "directory" : undefined;
  if (stat === undefined || type === undefined) return undefined;
  return { name, type, size: type === "file" ? Number(stat.size) : 0, modified: stat.mtime.toISOString() };
}

/** Names that are not UTF-8 or hold a backslash are left out, because no request can name them. */
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
