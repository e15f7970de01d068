/**
 * Small files that are asked for again and again stay open for a moment, so that not every request walks to
 * them anew. The fence is the same: what is kept is the file *and* every directory on the way to it, each
 * with its state from before the next name was looked up in it. Whatever could make the walk end elsewhere –
 * a name removed, replaced or swapped for a link, permissions taken away – changes the times of one of them
 * (POSIX demands it of the directory whose entries change), and then the walk is made again.
 *
 * - Times have the grain of the file system, so nothing is kept that changed within the last moments: a
 *   second change within the same grain would not show.
 * - What changes no times, such as a mount over a name, is seen when the moment is over.
 * - All of this is asked once in a turn of the event loop (turn.ts), and so are the contents: they are never
 *   older than the request.
 */
import { closeSync, fstatSync, type Stats } from "node:fs";
import { type OpenDirectory, type OpenFile, openInside, openLeaf } from "./open-inside.js";
import { openDirAt } from "./proc-fd.js";
import { refusal } from "./refusals.js";
import type { Root } from "./roots.js";
import { thisTurn } from "./turn.js";

/** How long one walk counts. */
const MOMENT_MS = 1_000;
/** Coarser than the times of any file system that Linux writes (FAT: 2 s). */
const GRAIN_MS = 2_500;
/** Each holds a descriptor for itself and for each directory on its way, the root excepted. */
const KEPT_FILES = 256;
const LONGEST_KEY = 1_024;
const DEEPEST = 8;
/** Above this, the walk is nothing beside the transfer. */
const LARGEST = 64n * 1024n;

interface Held {
  readonly fd: number;
  readonly seen: Stats;
}

interface Kept<T> {
  readonly value: T;
  readonly dirs: readonly Held[];
  readonly file: Held;
  readonly until: number;
  /** When it was last found to be unchanged. */
  turn: number;
}

/** @typeParam T what the caller knows of a file; it holds as long as the file is the same. */
export class KeptFiles<T> {
  readonly #kept = new Map<string, Kept<T>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly grainMs = GRAIN_MS) {}

  /** What was kept under `key`, if it is still what a walk would lead to. Good until the caller next waits. */
  find(key: string): T | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    const turn = thisTurn();
    if (kept.turn === turn) return kept.value;
    if (performance.now() < kept.until && unchanged(kept)) {
      kept.turn = turn;
      return kept.value;
    }
    this.#drop(key, kept);
    return undefined;
  }

  /**
   * As {@link openInside}; what may be kept is kept under `key`, and then it is not the caller's to close.
   * @throws Problem 404
   */
  open(
    key: string,
    root: Root,
    names: readonly string[],
    describe: (file: OpenFile) => T,
  ): { readonly opened: OpenFile | OpenDirectory; readonly kept: boolean } {
    const leaf = names.at(-1);
    if (leaf === undefined || names.length > DEEPEST || key.length > LONGEST_KEY) {
      return { opened: openInside(root, names), kept: false };
    }
    // The root is held by others, and longer than this.
    const dirs: Held[] = [{ fd: root.fd, seen: fstatSync(root.fd) }];
    let kept = false;
    try {
      let dir = root.fd;
      for (const name of names.slice(0, -1)) {
        dir = enter(dir, name);
        dirs.push({ fd: dir, seen: fstatSync(dir) });
      }
      const opened = openLeaf(dir, leaf);
      if (opened.kind === "file" && opened.stat.size <= LARGEST) {
        const file = { fd: opened.fd, seen: fstatSync(opened.fd) };
        kept = [...dirs, file].every(({ seen }) => this.#isSettled(seen));
        if (kept) {
          this.#add(key, { value: describe(opened), dirs, file, until: performance.now() + MOMENT_MS, turn: -1 });
        }
      }
      return { opened, kept };
    } finally {
      if (!kept) closeDirs(dirs);
    }
  }

  /** Closes all that is kept. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [key, kept] of this.#kept) this.#drop(key, kept);
  }

  #add(key: string, kept: Kept<T>): void {
    const before = this.#kept.get(key);
    if (before !== undefined) this.#drop(key, before);
    if (this.#kept.size >= KEPT_FILES) {
      const [oldest] = this.#kept;
      if (oldest !== undefined) this.#drop(...oldest);
    }
    this.#kept.set(key, kept);
    this.#timer ??= setTimeout(() => this.#expire(), MOMENT_MS).unref();
  }

  /** A removed file's blocks are not free as long as it is open. */
  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [key, kept] of this.#kept) if (now >= kept.until) this.#drop(key, kept);
    if (this.#kept.size > 0) this.#timer = setTimeout(() => this.#expire(), MOMENT_MS).unref();
  }

  #isSettled(stat: Stats): boolean {
    // The clock of file times: it may have been set back, and then nothing is kept.
    const grain = Date.now() - this.grainMs;
    return stat.ctimeMs < grain && stat.mtimeMs < grain;
  }

  #drop(key: string, kept: Kept<T>): void {
    this.#kept.delete(key);
    closeDirs(kept.dirs);
    closeSync(kept.file.fd);
  }
}

function enter(dir: number, name: string): number {
  try {
    return openDirAt(dir, name);
  } catch (error) {
    throw refusal(error, dir, name);
  }
}

function closeDirs(dirs: readonly Held[]): void {
  for (const { fd } of dirs.slice(1)) closeSync(fd);
}

function unchanged({ dirs, file }: Kept<unknown>): boolean {
  const now = fstatSync(file.fd);
  const { seen } = file;
  const same = now.ctimeMs === seen.ctimeMs && now.mtimeMs === seen.mtimeMs && now.size === seen.size;
  return same && now.nlink === seen.nlink && dirs.every(sameDir);
}

function sameDir({ fd, seen }: Held): boolean {
  const now = fstatSync(fd);
  return now.ctimeMs === seen.ctimeMs && now.mtimeMs === seen.mtimeMs;
}
