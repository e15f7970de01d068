/**
 * Contents by their SHA-256: `blobs/sha256/ab/abcd…`. A blob gets its name after every byte of it is on the disk and
 * in the digest, so a named blob is whole, no matter how the process ended.
 */
import { createHash, randomBytes } from "node:crypto";
import { type BigIntStats, closeSync, fstatSync, openSync, statSync } from "node:fs";
import { open, readdir, rename, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import { errno } from "../../base/fault.js";
import { syncDir } from "../../base/fs/atomic.js";
import { makeDir } from "../../base/fs/make-dir.js";
import { readChunks } from "../../http/server/body/read-chunks.js";

export class Blobs {
  readonly #dir: string;
  readonly #temporaries: string;
  readonly #known: Set<string>;
  /** States of blobs whose content was verified since the start. */
  readonly #verified = new Map<string, string>();
  #losses = 0;

  private constructor(dir: string, temporaries: string, known: Set<string>) {
    this.#dir = dir;
    this.#temporaries = temporaries;
    this.#known = known;
  }

  /** Removes what a killed process left half written. */
  static async open(dir: string): Promise<Blobs> {
    const temporaries = join(dir, "tmp");
    const blobs = join(dir, "blobs", "sha256");
    await rm(temporaries, { recursive: true, force: true });
    await makeDir(temporaries, 0o700);
    await makeDir(blobs, 0o700);
    const known = new Set<string>();
    for (const shard of await readdir(blobs)) {
      if (!/^[0-9a-f]{2}$/.test(shard)) continue;
      for (const name of await readdir(join(blobs, shard))) if (/^[0-9a-f]{64}$/.test(name)) known.add(name);
    }
    return new Blobs(blobs, temporaries, known);
  }

  has(sha256: string | undefined): boolean {
    return sha256 !== undefined && this.#known.has(sha256);
  }

  /** Grows whenever a blob is lost. */
  get losses(): number {
    return this.#losses;
  }

  newTemporary(): string {
    return join(this.#temporaries, randomBytes(12).toString("hex"));
  }

  /** Gives a synced temporary file its name. Durable on return. */
  async adopt(temporary: string, sha256: string): Promise<void> {
    if (this.has(sha256)) return unlink(temporary);
    const dir = join(this.#dir, sha256.slice(0, 2));
    if ((await makeDir(dir, 0o700)) !== undefined) await syncDir(this.#dir);
    const path = this.#path(sha256);
    await rename(temporary, path);
    await syncDir(dir);
    this.#verified.set(sha256, stateOf(statSync(path, { bigint: true })));
    this.#known.add(sha256);
  }

  /** Stores `content`. @returns its SHA-256. */
  async keep(content: Buffer): Promise<string> {
    const sha256 = createHash("sha256").update(content).digest("hex");
    if (this.has(sha256)) return sha256;
    const temporary = this.newTemporary();
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await this.adopt(temporary, sha256);
    return sha256;
  }

  /**
   * Opens a blob. The first time in a process its content is read and verified: a blob that the disk damaged or
   * another program changed is removed, as if it had never been fetched.
   *
   * @returns undefined if there is no such blob. The caller closes the descriptor.
   */
  async open(sha256: string): Promise<{ readonly fd: number; readonly size: number } | undefined> {
    if (!this.has(sha256)) return undefined;
    let fd: number;
    try {
      fd = openSync(this.#path(sha256), "r");
    } catch (error) {
      if (errno(error) !== "ENOENT") throw error;
      this.#lose(sha256);
      return undefined;
    }
    const size = await this.#verify(fd, sha256).catch((error: unknown) => {
      closeSync(fd);
      throw error;
    });
    if (size !== undefined) return { fd, size };
    closeSync(fd);
    await this.remove(sha256);
    return undefined;
  }

  /** @returns the size of a blob that can be opened. */
  async check(sha256: string): Promise<number | undefined> {
    const opened = await this.open(sha256);
    if (opened !== undefined) closeSync(opened.fd);
    return opened?.size;
  }

  /** @returns the size, or undefined if the content does not match the name. */
  async #verify(fd: number, sha256: string): Promise<number | undefined> {
    const stat = fstatSync(fd, { bigint: true });
    const size = Number(stat.size);
    const state = stateOf(stat);
    if (this.#verified.get(sha256) === state) return size;
    const hash = createHash("sha256");
    await readChunks(fd, 0, size, async (chunk) => void hash.update(chunk));
    if (hash.digest("hex") !== sha256) return undefined;
    this.#verified.set(sha256, state);
    return size;
  }

  async remove(sha256: string): Promise<void> {
    this.#lose(sha256);
    await rm(this.#path(sha256), { force: true });
  }

  /** Removes unreferenced blobs. Only while no download runs. @returns how many were removed. */
  async collect(used: ReadonlySet<string>): Promise<number> {
    let removed = 0;
    for (const sha256 of this.#known) {
      if (used.has(sha256)) continue;
      await this.remove(sha256);
      removed += 1;
    }
    return removed;
  }

  path(sha256: string): string {
    return this.#path(sha256);
  }

  #lose(sha256: string): void {
    if (this.#known.delete(sha256)) this.#losses += 1;
    this.#verified.delete(sha256);
  }

  #path(sha256: string): string {
    return join(this.#dir, sha256.slice(0, 2), sha256);
  }
}

function stateOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}
