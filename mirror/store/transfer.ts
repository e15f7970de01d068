/**
 * Downloads of assets, each shared by all requests that wait for it. Clients stream a download in progress, but the
 * last bytes are held back until the digest is verified, so no client gets the whole of a corrupt file.
 */
import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { Hashes } from "../resolve/model.js";
import { errorsOf, UpstreamError, type UpstreamErrors } from "../upstream/errors.js";
import type { Blobs } from "./blobs.js";

export interface StoredAsset {
  readonly sha256: string;
  readonly size: number;
  readonly hashes: Hashes;
}

export interface Download {
  readonly body: Readable;
  /** As the upstream announced it. */
  readonly length?: number;
}

export interface ExpectedAsset {
  /** The file, for errors. */
  readonly name: string;
  /** The upstream, for errors. */
  readonly upstream: string;
  readonly hashes: Hashes;
  readonly maxBytes: number;
}

/** Bytes gathered before they are written. */
const BATCH = 256 * 1024;
/** The strongest first. */
export const ALGORITHMS = ["sha256", "sha512", "sha384", "sha1", "md5"] as const;

export class Transfer {
  /** Settles when the blob has its name, or when the download failed. */
  readonly done: Promise<StoredAsset>;
  /** Of the whole file, once the upstream has announced it. */
  length: number | undefined;
  readonly #errors: UpstreamErrors;
  #written = 0;
  #fd: number | undefined;
  #users = 1;
  #close: () => Promise<void> = async () => undefined;
  #waiting: (() => void)[] = [];

  constructor(
    private readonly blobs: Blobs,
    private readonly expected: ExpectedAsset,
    source: () => Promise<Download>,
  ) {
    this.#errors = errorsOf(expected.upstream);
    this.done = this.#run(source);
    // Every waiter gets the rejection; without one, it must not end the process.
    this.done.catch(() => undefined);
  }

  /** Bytes that can be read. None of them is verified yet. */
  get written(): number {
    return this.#written;
  }

  /** Keeps the bytes readable until `release`, even after the file was renamed or removed. */
  hold(): { readonly fd: number; release(): void } | undefined {
    if (this.#fd === undefined || this.#users === 0) return undefined;
    this.#users += 1;
    return { fd: this.#fd, release: () => this.#release() };
  }

  /** Resolves when more was written, or when `done` has settled. */
  progress(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #run(source: () => Promise<Download>): Promise<StoredAsset> {
    try {
      return await this.#store(await source());
    } finally {
      this.#wakeAll();
      this.#release();
    }
  }

  async #store({ body, length }: Download): Promise<StoredAsset> {
    const { name, maxBytes } = this.expected;
    const temporary = this.blobs.newTemporary();
    // "wx+": readers of the download in progress use the same descriptor.
    const file = await open(temporary, "wx+", 0o600).catch((error: unknown) => {
      body.destroy();
      throw error;
    });
    this.#fd = file.fd;
    this.#close = () => file.close();
    this.length = length;
    const digests = digestsFor(this.expected.hashes);
    try {
      let batch: Buffer[] = [];
      let bytes = 0;
      const flush = async () => {
        const whole = batch.length === 1 ? batch[0] : Buffer.concat(batch, bytes);
        if (whole === undefined || bytes === 0) return;
        for (const digest of digests.values()) digest.update(whole);
        await writeWhole(file, whole, this.#written);
        this.#written += bytes;
        batch = [];
        bytes = 0;
        this.#wakeAll();
      };
      for await (const chunk of this.#chunksOf(body)) {
        batch.push(chunk);
        bytes += chunk.length;
        if (this.#written + bytes > maxBytes) throw this.#errors.tooBig(name, maxBytes);
        if (bytes >= BATCH || body.readableLength === 0) await flush();
      }
      await flush();
      if (length !== undefined && length !== this.#written) throw this.#errors.cutShort(name, this.#written, length);
      const hashes = this.#verified(digests);
      await file.datasync();
      await this.blobs.adopt(temporary, hashes.sha256);
      return { sha256: hashes.sha256, size: this.#written, hashes };
    } catch (error) {
      body.destroy();
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** @throws UpstreamError where a digest is not the expected one */
  #verified(digests: ReadonlyMap<string, Hash>): Hashes & { readonly sha256: string } {
    const { name, hashes: expected } = this.expected;
    const found: Record<string, string> = {};
    for (const [algorithm, digest] of digests) found[algorithm] = digest.digest("hex");
    for (const algorithm of ALGORITHMS) {
      const promised = expected[algorithm];
      if (promised !== undefined && promised !== found[algorithm])
        throw this.#errors.wrongHash(name, algorithm, promised, found[algorithm] ?? "");
    }
    return { ...found, sha256: found.sha256 ?? "" };
  }

  /** Errors of the body are the upstream's; errors thrown while a chunk is handled are not. */
  async *#chunksOf(body: Readable): AsyncGenerator<Buffer> {
    try {
      yield* body as AsyncIterable<Buffer>;
    } catch (error) {
      throw error instanceof UpstreamError ? error : this.#errors.brokenOff(error);
    }
  }

  #wakeAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #release(): void {
    this.#users -= 1;
    if (this.#users === 0) void this.#close().catch(() => undefined);
  }
}

/** Transfers in progress, by what they download. */
export class Transfers {
  readonly #running = new Map<string, Transfer>();

  constructor(private readonly blobs: Blobs) {}

  /** Joins the transfer in progress, or starts one. */
  join(key: string, expected: ExpectedAsset, source: () => Promise<Download>): Transfer {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const transfer = new Transfer(this.blobs, expected, source);
    this.#running.set(key, transfer);
    const end = () => this.#running.delete(key);
    transfer.done.then(end, end);
    return transfer;
  }
}

/** SHA-256 always, and every other digest that is expected. */
function digestsFor(expected: Hashes): ReadonlyMap<string, Hash> {
  const needed = ALGORITHMS.filter((algorithm) => algorithm === "sha256" || expected[algorithm] !== undefined);
  return new Map(needed.map((algorithm) => [algorithm, createHash(algorithm)]));
}

async function writeWhole(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}
