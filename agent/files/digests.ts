/**
 * SHA-256 of files, remembered by their ETag: device, inode, size, modification and change time. A file that
 * changes while it is being read gets no digest.
 */
import { createHash } from "node:crypto";
import { readChunks } from "../../http/server/body/read-chunks.js";
import { statOf } from "../guard/proc-fd.js";
import { validatorsOf } from "./validators.js";

/** 100 bytes each. */
const REMEMBERED = 10_000;

export class Digests {
  readonly #known = new Map<string, Buffer>();
  readonly #running = new Map<string, Promise<Buffer | undefined>>();

  get(etag: string): Buffer | undefined {
    return this.#known.get(etag);
  }

  remember(etag: string, sha256: Buffer): void {
    this.#known.delete(etag);
    this.#known.set(etag, sha256);
    if (this.#known.size <= REMEMBERED) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  /** Reads the file once for all requests at the same time. The caller keeps `fd` open. */
  async compute(etag: string, fd: number, size: number): Promise<Buffer | undefined> {
    const known = this.#known.get(etag) ?? this.#running.get(etag);
    if (known !== undefined) return known;
    const running = this.#read(etag, fd, size).finally(() => this.#running.delete(etag));
    this.#running.set(etag, running);
    return running;
  }

  async #read(etag: string, fd: number, size: number): Promise<Buffer | undefined> {
    const hash = createHash("sha256");
    const read = await readChunks(fd, 0, size, (chunk) => {
      hash.update(chunk);
      return undefined;
    });
    if (read < size || validatorsOf(statOf(fd)).etag !== etag) return undefined;
    const sha256 = hash.digest();
    this.remember(etag, sha256);
    return sha256;
  }
}
