/**
 * One asset on its way in, and everybody who waits for it: fetched once, however many ask. Who asks may read along
 * while it comes, but never the last of it before the whole was proven, so nothing corrupt is ever wholly served.
 */
import { createHash, type Hash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { Hashes } from "../resolve/model.js";
import { UpstreamError } from "../upstream/errors.js";
import { brokenOff } from "../upstream/fetch.js";
import type { Blobs } from "./blobs.js";

export interface StoredAsset {
  readonly sha256: string;
  readonly size: number;
  readonly hashes: Hashes;
}

export interface Download {
  readonly body: Readable;
  /** As promised by whoever sends it. */
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
  /** Settles when the blob has its name, or when nothing will come. */
  readonly done: Promise<StoredAsset>;
  /** Of the whole, once the upstream has promised it. */
  length: number | undefined;
  #written = 0;
  #fd: number | undefined;
  #users = 1;
  #close: () => Promise<void> = async () => undefined;
  #wake: (() => void)[] = [];

  constructor(
    private readonly blobs: Blobs,
    private readonly expected: ExpectedAsset,
    source: () => Promise<Download>,
  ) {
    this.done = this.#run(source);
    // Whoever waits hears of it; while nobody does, it must not end the process.
    this.done.catch(() => undefined);
  }

  /** Bytes that can be read, none of them proven. */
  get written(): number {
    return this.#written;
  }

  /** Keeps the bytes readable until `release`, also when they have their name or are refused. */
  hold(): { readonly fd: number; release(): void } | undefined {
    if (this.#fd === undefined || this.#users === 0) return undefined;
    this.#users += 1;
    return { fd: this.#fd, release: () => this.#release() };
  }

  /** Resolves when more was written, or `done` has settled. */
  progress(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  async #run(source: () => Promise<Download>): Promise<StoredAsset> {
    try {
      return await this.#store(await source());
    } finally {
      this.#moved();
      this.#release();
    }
  }

  async #store({ body, length }: Download): Promise<StoredAsset> {
    const { name, upstream, hashes: wanted, maxBytes } = this.expected;
    const temporary = this.blobs.newTemporary();
    // "wx+": whoever reads along uses the same descriptor.
    const file = await open(temporary, "wx+", 0o600).catch((error: unknown) => {
      body.destroy();
      throw error;
    });
    this.#fd = file.fd;
    this.#close = () => file.close();
    this.length = length;
    const digests = new Map<string, Hash>(
      ALGORITHMS.filter((algorithm) => algorithm === "sha256" || wanted[algorithm] !== undefined).map((algorithm) => [
        algorithm,
        createHash(algorithm),
      ]),
    );
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
        this.#moved();
      };
      for await (const chunk of chunksOf(body, upstream)) {
        batch.push(chunk);
        bytes += chunk.length;
        if (this.#written + bytes > maxBytes) throw tooBig(upstream, name, maxBytes);
        if (bytes >= BATCH || body.readableLength === 0) await flush();
      }
      await flush();
      if (length !== undefined && length !== this.#written) throw cutShort(upstream, name, this.#written, length);
      const found: Record<string, string> = {};
      for (const [algorithm, digest] of digests) found[algorithm] = digest.digest("hex");
      for (const algorithm of ALGORITHMS) {
        const promised = wanted[algorithm];
        if (promised !== undefined && promised !== found[algorithm])
          throw wrongHash(upstream, name, algorithm, promised, found[algorithm] ?? "");
      }
      const sha256 = found.sha256 ?? "";
      await file.datasync();
      await this.blobs.adopt(temporary, sha256);
      return { sha256, size: this.#written, hashes: found };
    } catch (error) {
      body.destroy();
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  #moved(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }

  #release(): void {
    this.#users -= 1;
    if (this.#users === 0) void this.#close().catch(() => undefined);
  }
}

/** Transfers under way, by what they fetch. */
export class Transfers {
  readonly #running = new Map<string, Transfer>();

  constructor(private readonly blobs: Blobs) {}

  get size(): number {
    return this.#running.size;
  }

  /** Joins the one that is under way, or begins one. */
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

/** What goes wrong here is the upstream's fault; what goes wrong with a chunk is not. */
async function* chunksOf(body: Readable, upstream: string): AsyncGenerator<Buffer> {
  try {
    yield* body as AsyncIterable<Buffer>;
  } catch (error) {
    throw error instanceof UpstreamError ? error : brokenOff(upstream, error);
  }
}

async function writeWhole(
  file: { write(b: Buffer, o: number, l: number, p: number): Promise<{ bytesWritten: number }> },
  bytes: Buffer,
  position: number,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

const tooBig = (upstream: string, name: string, most: number) =>
  new UpstreamError(`the upstream ${upstream} sends more than ${most} bytes of "${name}"`, false);

const cutShort = (upstream: string, name: string, got: number, length: number) =>
  new UpstreamError(`the upstream ${upstream} sent ${got} of ${length} bytes of "${name}"`, false);

const wrongHash = (upstream: string, name: string, algorithm: string, promised: string, found: string) =>
  new UpstreamError(
    `the upstream ${upstream} sent "${name}" with ${algorithm} ${found} where its index says ${promised}`,
    false,
  );
