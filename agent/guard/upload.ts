/**
 * One upload. The bytes go to a new file with a reserved name in the target directory. When all of them are on the
 * disk, the file gets its name in one step. A reader sees the old file or the new one; a failure leaves the old one.
 */
import {
  type BigIntStats,
  close,
  constants,
  fchmodSync,
  fdatasync,
  fsync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
} from "node:fs";
import { promisify } from "node:util";
import { errno } from "../../base/fault.js";
import { notFound } from "../../http/problems.js";
import { isDirectory } from "../problems.js";
import { storageProblem, walkProblem } from "./errno-problem.js";
import { makeParents, type Parents, syncDir } from "./make-parents.js";
import { at, statAt, statOf } from "./proc-fd.js";
import type { Root } from "./roots.js";
import { endTick } from "./tick.js";
import { writeAll } from "./write-all.js";

const flush = promisify(fsync);
const flushData = promisify(fdatasync);
const closeFd = promisify(close);
/**
 * Written bytes are flushed to the disk while more arrive, so that little is left to wait for at the end.
 */
const FLUSHED_BYTES = 32 * 1024 * 1024;

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

type Existing = BigIntStats | undefined;

/** Throws if the existing file does not allow the upload. Called before the first byte and at the last moment. */
export type Allow = (existing: Existing) => void;

export class Upload {
  readonly #parents: Parents;
  readonly #fd: number;
  readonly #name: string;
  readonly #temporary: string;
  #position = 0;
  #writing: Promise<void> = Promise.resolve();
  #unflushed = 0;
  #flushing: Promise<void> | undefined;
  /** The kernel reports a failed flush once, to its caller; the next flush would report success. */
  #lost: unknown;

  private constructor(parents: Parents, fd: number, name: string, temporary: string) {
    this.#parents = parents;
    this.#fd = fd;
    this.#name = name;
    this.#temporary = temporary;
  }

  /** @param names of the file, at least one. @param temporary a reserved name. @throws Problem */
  static begin(root: Root, names: readonly string[], temporary: string, allow: Allow): Upload {
    const parents = makeParents(root, names.slice(0, -1));
    const name = names.at(-1) ?? "";
    try {
      const existing = replaceable(parents.dir, name);
      allow(existing);
      const fd = openSync(at(parents.dir, temporary), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
      // A replaced script stays executable.
      if (existing !== undefined) fchmodSync(fd, Number(existing.mode & 0o777n));
      return new Upload(parents, fd, name, temporary);
    } catch (error) {
      const problem = walkProblem(error, parents.dir, name);
      parents.undo();
      parents.close();
      throw problem;
    }
  }

  /** Starts when the previous write has ended; `chunks` must not change until then. */
  write(chunks: readonly Buffer[]): Promise<void> {
    const position = this.#position;
    for (const chunk of chunks) this.#position += chunk.length;
    this.#writing = this.#writing.then(() => this.#write(chunks, position));
    return this.#writing;
  }

  async #write(chunks: readonly Buffer[], position: number): Promise<void> {
    try {
      if (this.#lost !== undefined) throw this.#lost;
      await writeAll(this.#fd, chunks, position);
    } catch (error) {
      throw storageProblem(error);
    }
    for (const chunk of chunks) this.#unflushed += chunk.length;
    if (this.#unflushed >= FLUSHED_BYTES && this.#flushing === undefined) this.#flushBehind();
  }

  /** One at a time, in the background: a disk slower than the network still leaves a wait at the end. */
  #flushBehind(): void {
    this.#unflushed = 0;
    this.#flushing = flushData(this.#fd)
      .catch((error: unknown) => {
        this.#lost = error;
      })
      .finally(() => {
        this.#flushing = undefined;
      });
  }

  /** @returns the new file's state, and whether the name is new. @throws Problem, then call {@link abort} */
  async commit(allow: Allow): Promise<{ stat: BigIntStats; created: boolean }> {
    try {
      await this.#writing;
      await this.#flushing;
      if (this.#lost !== undefined) throw this.#lost;
      await flush(this.#fd);
      const created = this.#publish(allow);
      endTick();
      syncDir(this.#parents.dir);
      this.#parents.sync();
      return { stat: statOf(this.#fd), created };
    } catch (error) {
      throw storageProblem(error);
    }
  }

  /** Removes everything that the upload created. */
  async abort(): Promise<void> {
    await this.#writing.catch(() => undefined);
    try {
      unlinkSync(at(this.#parents.dir, this.#temporary));
    } catch {
      // Gone already, perhaps with its directory.
    }
    this.#parents.undo();
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#flushing;
    this.#parents.close();
    await closeFd(this.#fd);
  }

  /** Checks and renames without an await in between, so that no other request can intervene. */
  #publish(allow: Allow): boolean {
    const { dir } = this.#parents;
    const existing = replaceable(dir, this.#name);
    allow(existing);
    const from = at(dir, this.#temporary);
    const to = at(dir, this.#name);
    if (existing !== undefined) {
      renameSync(from, to);
      return false;
    }
    if (this.#link(from, to)) return true;
    // Another program has created the name since we looked: replace its file, if allowed.
    allow(replaceable(dir, this.#name));
    renameSync(from, to);
    return false;
  }

  /** Unlike rename(), link() never takes a name in use. @returns false if it is. */
  #link(from: string, to: string): boolean {
    try {
      linkSync(from, to);
    } catch (error) {
      if (errno(error) === "EEXIST") return false;
      // FAT and some network file systems have no hard links.
      if (errno(error) !== "EPERM" && errno(error) !== "ENOTSUP") throw error;
      renameSync(from, to);
      return true;
    }
    unlinkSync(from);
    return true;
  }
}

/** The state of the regular file at `name`, if any. @throws Problem if something else is there. */
function replaceable(dir: number, name: string): Existing {
  const stat = statAt(dir, name);
  if (stat === undefined || stat.isFile()) return stat;
  if (stat.isDirectory()) throw isDirectory();
  throw notFound(stat.isSymbolicLink() ? "outside" : "special");
}
