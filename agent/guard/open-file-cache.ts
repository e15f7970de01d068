/**
 * A cache of open descriptors: small files that are requested again and again are not walked to each time. The fence
 * stays the same, because the cache holds the file *and* every directory on the way to it, each with its state from
 * before the next name was looked up in it. Whatever could lead the walk elsewhere – a name removed, replaced or
 * swapped for a link, permissions taken away – changes the times of one of them (POSIX demands it of the directory
 * whose entries change). The walk is then made again.
 *
 * - File times are as coarse as the file system makes them, so nothing is cached that changed a moment ago: a second
 *   change within the same granule would not show.
 * - Changes that touch no times, such as a mount over a name, show when the entry reaches its maximum age.
 * - Times and contents are read once per tick of the event loop (tick.ts), so they are never older than the request.
 */
import { closeSync, fstatSync, type Stats } from "node:fs";
import { walkProblem } from "./errno-problem.js";
import { type OpenDirectory, type OpenFile, openInside, openLeaf } from "./open-inside.js";
import { openDirAt } from "./proc-fd.js";
import type { Root } from "./roots.js";
import { currentTick } from "./tick.js";

/** How long one walk is valid. */
const MAX_AGE_MS = 1_000;
/** Coarser than the times of any file system that Linux writes (FAT: 2 s). */
const TIMESTAMP_GRANULARITY_MS = 2_500;
/** Each entry holds a descriptor for its file and for each directory on the way, except the root. */
const MAX_FILES = 256;
const MAX_KEY_LENGTH = 1_024;
const MAX_DEPTH = 8;
/** For larger files, the transfer dwarfs the walk. */
const MAX_BYTES = 64n * 1024n;

interface Held {
  readonly fd: number;
  readonly seen: Stats;
}

interface CachedFile<T> {
  readonly value: T;
  readonly dirs: readonly Held[];
  readonly file: Held;
  readonly until: number;
  /** The tick in which it was last found unchanged. */
  tick: number;
}

/** @typeParam T what the caller derives from a file; valid as long as the file is unchanged. */
export class OpenFileCache<T> {
  readonly #files = new Map<string, CachedFile<T>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly granularityMs = TIMESTAMP_GRANULARITY_MS) {}

  /** @returns the value under `key` if a walk would still lead to its file. Valid until the caller next awaits. */
  find(key: string): T | undefined {
    const entry = this.#files.get(key);
    if (entry === undefined) return undefined;
    const tick = currentTick();
    if (entry.tick === tick) return entry.value;
    if (performance.now() < entry.until && unchanged(entry)) {
      entry.tick = tick;
      return entry.value;
    }
    this.#drop(key, entry);
    return undefined;
  }

  /**
   * As {@link openInside}, but caches the file under `key` where it may. The cache then closes the descriptor, not the
   * caller.
   * @throws Problem 404
   */
  open(
    key: string,
    root: Root,
    names: readonly string[],
    describe: (file: OpenFile) => T,
  ): { readonly opened: OpenFile | OpenDirectory; readonly cached: boolean } {
    const leaf = names.at(-1);
    if (leaf === undefined || names.length > MAX_DEPTH || key.length > MAX_KEY_LENGTH) {
      return { opened: openInside(root, names), cached: false };
    }
    // The roots stay open longer than any entry, so the cache does not close them.
    const dirs: Held[] = [{ fd: root.fd, seen: fstatSync(root.fd) }];
    let cached = false;
    try {
      let dir = root.fd;
      for (const name of names.slice(0, -1)) {
        dir = enter(dir, name);
        dirs.push({ fd: dir, seen: fstatSync(dir) });
      }
      const opened = openLeaf(dir, leaf);
      if (opened.kind === "file" && opened.stat.size <= MAX_BYTES) {
        const file = { fd: opened.fd, seen: fstatSync(opened.fd) };
        cached = [...dirs, file].every(({ seen }) => this.#isSettled(seen));
        if (cached) {
          this.#add(key, { value: describe(opened), dirs, file, until: performance.now() + MAX_AGE_MS, tick: -1 });
        }
      }
      return { opened, cached };
    } finally {
      if (!cached) closeDirs(dirs);
    }
  }

  /** Closes every descriptor. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [key, entry] of this.#files) this.#drop(key, entry);
  }

  #add(key: string, entry: CachedFile<T>): void {
    const before = this.#files.get(key);
    if (before !== undefined) this.#drop(key, before);
    if (this.#files.size >= MAX_FILES) {
      const [oldest] = this.#files;
      if (oldest !== undefined) this.#drop(...oldest);
    }
    this.#files.set(key, entry);
    this.#timer ??= setTimeout(() => this.#expire(), MAX_AGE_MS).unref();
  }

  /** The blocks of a removed file are freed only when its last descriptor is closed. */
  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [key, entry] of this.#files) if (now >= entry.until) this.#drop(key, entry);
    if (this.#files.size > 0) this.#timer = setTimeout(() => this.#expire(), MAX_AGE_MS).unref();
  }

  #isSettled(stat: Stats): boolean {
    // File times come from the wall clock. Where it was set back, nothing is cached.
    const settledBefore = Date.now() - this.granularityMs;
    return stat.ctimeMs < settledBefore && stat.mtimeMs < settledBefore;
  }

  #drop(key: string, entry: CachedFile<T>): void {
    this.#files.delete(key);
    closeDirs(entry.dirs);
    closeSync(entry.file.fd);
  }
}

function enter(dir: number, name: string): number {
  try {
    return openDirAt(dir, name);
  } catch (error) {
    throw walkProblem(error, dir, name);
  }
}

function closeDirs(dirs: readonly Held[]): void {
  for (const { fd } of dirs.slice(1)) closeSync(fd);
}

function unchanged({ dirs, file }: CachedFile<unknown>): boolean {
  const now = fstatSync(file.fd);
  const { seen } = file;
  const same = now.ctimeMs === seen.ctimeMs && now.mtimeMs === seen.mtimeMs && now.size === seen.size;
  return same && now.nlink === seen.nlink && dirs.every(sameDir);
}

function sameDir({ fd, seen }: Held): boolean {
  const now = fstatSync(fd);
  return now.ctimeMs === seen.ctimeMs && now.mtimeMs === seen.mtimeMs;
}
