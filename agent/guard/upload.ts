/**
 * One file on its way in. The bytes go to a new file under a reserved name in the directory they belong to;
 * only when all of them are on the disk does that file get its name, in one step. A reader sees the old file
 * or the new one; whatever breaks on the way leaves the old one.
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
 * Written bytes that are sent on to the disk while more come in, so that at the end little is left to wait for.
 */
const FLUSHED_BYTES = 32 * 1024 * 1024;

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

export type Existing = BigIntStats | undefined;

/** Throws where what is there now does not allow the upload. Asked before the first byte and at the last moment. */
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
  /** A failed flush is told once, to whoever asked for it; the next one would say that all is well. */
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
      // A script that is replaced stays executable.
      if (existing !== undefined) fchmodSync(fd, Number(existing.mode & 0o777n));
      return new Upload(parents, fd, name, temporary);
    } catch (error) {
      const problem = walkProblem(error, parents.dir, name);
      parents.undo();
      parents.close();
      throw problem;
    }
  }

  /** Starts once the write before it has ended; `chunks` are not to be changed until then. */
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

  /** One at a time, and not waited for: a disk slower than the network still ends up waiting at the end. */
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

  /** Leaves nothing behind. */
  async abort(): Promise<void> {
    await this.#writing.catch(() => undefined);
    try {
      unlinkSync(at(this.#parents.dir, this.#temporary));
    } catch {
      // Already gone, with its directory perhaps.
    }
    this.#parents.undo();
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#flushing;
    this.#parents.close();
    await closeFd(this.#fd);
  }

  /** Without a pause between the question and the deed, so that no other request can come between. */
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
    // Taken since we looked, by another program: then that is what is replaced, if it may be.
    allow(replaceable(dir, this.#name));
    renameSync(from, to);
    return false;
  }

  /** Unlike rename(), link() takes no name that is in use. @returns false where it is. */
  #link(from: string, to: string): boolean {
    try {
      linkSync(from, to);
    } catch (error) {
      if (errno(error) === "EEXIST") return false;
      // FAT and some network file systems know no links.
      if (errno(error) !== "EPERM" && errno(error) !== "ENOTSUP") throw error;
      renameSync(from, to);
      return true;
    }
    unlinkSync(from);
    return true;
  }
}

/** The regular file at `name`, if any. @throws Problem where something else is there. */
function replaceable(dir: number, name: string): Existing {
  const stat = statAt(dir, name);
  if (stat === undefined || stat.isFile()) return stat;
  if (stat.isDirectory()) throw isDirectory();
  throw notFound(stat.isSymbolicLink() ? "outside" : "special");
}
