/** Input and output in authorized directories: opened and published by the guard, never by a path. */
import { closeSync } from "node:fs";
import { open } from "node:fs/promises";
import { notFound } from "../../http/problems.js";
import type { Temporaries } from "../files/temporaries.js";
import { openInside } from "../guard/open-inside.js";
import { isReserved } from "../guard/reserved.js";
import type { Root } from "../guard/roots.js";
import { Upload } from "../guard/upload.js";
import { badPath, readOnly } from "../problems.js";
import { directoryNeeded, noDirectory } from "./problems.js";
import type { FileRef } from "./types.js";

type HostRef = Extract<FileRef, { kind: "host" }>;

/** Two buffers of this size take turns: one is read while the other is written. */
const CHUNK = 512 * 1024;

export class HostFiles {
  constructor(
    readonly roots: readonly Root[],
    readonly temporaries: Temporaries,
  ) {}

  /** @returns an open descriptor for the caller to close. @throws Problem */
  openInput(ref: HostRef): { fd: number; size: number } {
    const found = openInside(this.#root(ref), ref.names);
    if (found.kind === "file") return { fd: found.fd, size: Number(found.stat.size) };
    closeSync(found.fd);
    throw directoryNeeded();
  }

  /** @returns bytes. @throws Problem */
  checkInput(ref: HostRef): number {
    const { fd, size } = this.openInput(ref);
    closeSync(fd);
    return size;
  }

  /** The checks that need no output yet. @throws Problem */
  checkOutput(ref: HostRef): void {
    const root = this.#root(ref);
    if (root.mode === "ro") throw readOnly(root.name);
    if (ref.names.length === 0) throw directoryNeeded();
  }

  /**
   * Copies the content of `from` to its place, which others see change in one step. Creates missing directories.
   *
   * @returns bytes. @throws Problem, or the signal's reason; the place is then unchanged.
   */
  async publish(ref: HostRef, from: number, signal: AbortSignal): Promise<number> {
    this.checkOutput(ref);
    const temporary = this.temporaries.take();
    const allow = () => undefined;
    try {
      const upload = Upload.begin(this.#root(ref), ref.names, temporary, allow);
      try {
        const size = await copy(from, upload, signal);
        await upload.commit(allow);
        return size;
      } catch (error) {
        await upload.abort();
        throw error;
      } finally {
        await upload.close();
      }
    } finally {
      this.temporaries.giveBack(temporary);
    }
  }

  #root({ directory, names }: HostRef): Root {
    const root = this.roots.find(({ name }) => name === directory);
    if (root === undefined) throw noDirectory(directory);
    for (const name of names) {
      if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) throw notFound("outside");
      if (isReserved(name)) throw badPath("this name is the agent's own");
    }
    return root;
  }
}

async function copy(from: number, upload: Upload, signal: AbortSignal): Promise<number> {
  // Opening through /proc gives a second descriptor with its own position; closing the handle closes only that.
  const source = await open(`/proc/self/fd/${from}`, "r");
  try {
    const buffers = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
    let position = 0;
    let written: Promise<void> = Promise.resolve();
    for (let turn = 0; ; turn = 1 - turn) {
      const { bytesRead, buffer } = await source.read(buffers[turn] ?? Buffer.alloc(0), 0, CHUNK, position);
      await written;
      signal.throwIfAborted();
      if (bytesRead === 0) return position;
      position += bytesRead;
      written = upload.write([buffer.subarray(0, bytesRead)]);
      // Handled at the next await.
      written.catch(() => undefined);
    }
  } finally {
    await source.close();
  }
}
