/**
 * Batches on disk, between reading and delivery. A frame with one checksum holds a batch, how far the log was read
 * with it, and how many records were dropped before it: after a crash, all of them are there or none.
 *
 * `NUMBER.seg` files hold frames. `state.json` holds what frames cannot: what was acknowledged, and what was dropped
 * after the last frame. Where both say something, the higher sequence number counts.
 */
import { type FileHandle, open, readdir, readFile, rename, truncate, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Mutex } from "../../base/async/mutex.js";
import { defined } from "../../base/defined.js";
import { errno } from "../../base/fault.js";
import { ensurePrivateDir, replaceFile, syncDir } from "../../base/fs/atomic.js";
import { encodeFrame } from "./frame.js";
import { readFrame, type Segment, scanSegment } from "./segment.js";

export interface SpoolOptions<Mark> {
  readonly dir: string;
  /** Limit of all segments together. */
  readonly maxBytes: number;
  /** @default an eighth of the limit, at most 16 MiB */
  readonly segmentBytes?: number;
  /** Called for damaged files, and whenever the spool becomes full or has room again. */
  readonly onEvent?: (event: SpoolEvent) => void;
  /** Only for its type. */
  readonly mark?: Mark;
}

export type SpoolEvent =
  | { readonly event: "full"; readonly maxBytes: number }
  | { readonly event: "room-again"; readonly droppedTotal: number }
  | { readonly event: "damaged"; readonly file: string };

export interface Batch {
  /** The same for each delivery of the batch. */
  readonly id: string;
  readonly records: number;
  readonly payload: Uint8Array;
}

export interface MarkedBatch<Mark> extends Batch {
  /** How far the log was read with its last record. */
  readonly mark: Mark;
}

export interface Spooled extends Batch {
  readonly sequence: number;
}

interface State<Mark> {
  readonly sequence: number;
  readonly acknowledged: number;
  readonly dropped: number;
  readonly mark?: Mark;
}

/** State that a crash loses costs no more than a repeated delivery or reading. */
const SAVE_EVERY_MS = 1_000;

export class Spool<Mark> {
  #segments: Segment[] = [];
  #writer: FileHandle | undefined;
  #state: State<Mark> = { sequence: 0, acknowledged: 0, dropped: 0 };
  #isFull = false;
  #savedAt = 0;
  /** All frames of this segment before the offset were acknowledged. */
  #cursor = { path: "", offset: 0 };
  /** One operation at a time: each changes what the next one sees. */
  readonly #mutex = new Mutex();

  private constructor(private readonly options: SpoolOptions<Mark>) {}

  /** Cuts off a torn frame at the end. @throws the error of the file system. */
  static async open<Mark>(options: SpoolOptions<Mark>): Promise<Spool<Mark>> {
    const spool = new Spool<Mark>(options);
    await spool.#recover();
    return spool;
  }

  /** How far the log was read with the last batch that was accepted or dropped. */
  get mark(): Mark | undefined {
    return this.#state.mark;
  }

  /** Records that did not fit, since the spool was made. */
  get dropped(): number {
    return this.#state.dropped;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Batches waiting for delivery. */
  get waiting(): number {
    return this.#segments.length === 0 ? 0 : (this.#segments.at(-1)?.last ?? 0) - this.#state.acknowledged;
  }

  /**
   * Durable when it resolves. Batches that do not fit are dropped, newest first, and counted; the mark advances.
   *
   * @param mark how far the log was read, including lines that are no records.
   */
  append(batches: readonly MarkedBatch<Mark>[], mark: Mark): Promise<void> {
    return this.#mutex.run(() => this.#append(batches, mark));
  }

  /** @returns up to `limit` batches without an acknowledgement, oldest first; they stay in the spool. */
  peek(limit: number, maxBytes = 8 * 1024 * 1024): Promise<readonly Spooled[]> {
    return this.#mutex.run(() => this.#peek(limit, maxBytes));
  }

  /** Removes all batches up to this one: they have arrived. */
  acknowledge(sequence: number): Promise<void> {
    return this.#mutex.run(() => this.#acknowledge(sequence));
  }

  close(): Promise<void> {
    return this.#mutex.run(async () => {
      await this.#saveState();
      await this.#writer?.close();
      this.#writer = undefined;
    });
  }

  async #append(batches: readonly MarkedBatch<Mark>[], mark: Mark): Promise<void> {
    const { maxBytes } = this.options;
    const { sequence, dropped } = this.#state;
    const frames: Uint8Array[] = [];
    let room = maxBytes - this.bytes;
    for (const { id, records, payload, mark: own } of batches) {
      const frame = encodeFrame({ sequence: sequence + frames.length + 1, id, records, dropped, mark: own }, payload);
      if (frame.length > room) break;
      frames.push(frame);
      room -= frame.length;
    }
    const last = sequence + frames.length;
    if (frames.length > 0) await this.#write(Buffer.concat(frames), sequence + 1, last);
    const left = batches.slice(frames.length);
    if (left.length === 0) {
      this.#state = { ...this.#state, sequence: last, mark };
      // Lines without a record make no frame that could hold the mark.
      if (batches.length === 0 && Date.now() - this.#savedAt > SAVE_EVERY_MS) await this.#saveState();
      if (batches.length > 0) this.#nowFull(false);
      return;
    }
    const count = left.reduce((sum, { records }) => sum + records, 0);
    this.#state = { ...this.#state, sequence: last + 1, dropped: dropped + count, mark };
    this.#nowFull(true);
    await this.#saveState();
  }

  #nowFull(isFull: boolean): void {
    if (this.#isFull === isFull) return;
    this.#isFull = isFull;
    const { maxBytes, onEvent } = this.options;
    onEvent?.(isFull ? { event: "full", maxBytes } : { event: "room-again", droppedTotal: this.dropped });
  }

  async #write(bytes: Uint8Array, first: number, last: number): Promise<void> {
    const { dir, maxBytes, segmentBytes = Math.min(16 * 1024 * 1024, Math.ceil(maxBytes / 8)) } = this.options;
    let segment = this.#segments.at(-1);
    if (this.#writer === undefined || segment === undefined || segment.bytes >= segmentBytes) {
      await this.#writer?.close();
      const path = join(dir, `${String(first).padStart(16, "0")}.seg`);
      this.#writer = await open(path, "ax", 0o600);
      segment = { path, last: first - 1, bytes: 0 };
      this.#segments.push(segment);
      await syncDir(dir);
    }
    try {
      await this.#writer.appendFile(bytes);
      await this.#writer.datasync();
    } catch (error) {
      // A full disk leaves half a frame, which would hide all frames after it.
      await truncate(segment.path, segment.bytes).catch(() => undefined);
      throw error;
    }
    segment.bytes += bytes.length;
    segment.last = last;
  }

  async #peek(limit: number, maxBytes: number): Promise<readonly Spooled[]> {
    const found: Spooled[] = [];
    let bytes = 0;
    for (const segment of [...this.#segments]) {
      let offset = this.#cursor.path === segment.path ? this.#cursor.offset : 0;
      const file = await open(segment.path, "r");
      try {
        while (offset < segment.bytes && found.length < limit && bytes < maxBytes) {
          const frame = await readFrame<Mark>(file, offset, segment.bytes);
          if (frame === undefined) {
            this.options.onEvent?.({ event: "damaged", file: segment.path });
            break;
          }
          offset += frame.bytes;
          const { meta, payload } = frame;
          if (meta.sequence <= this.#state.acknowledged) {
            this.#cursor = { path: segment.path, offset };
            continue;
          }
          found.push({ sequence: meta.sequence, id: meta.id, records: meta.records, payload });
          bytes += payload.length;
        }
      } finally {
        await file.close();
      }
      if (found.length >= limit || bytes >= maxBytes) break;
      // Nothing more of this segment can be read.
      if (found.length === 0) await this.#acknowledge(segment.last);
    }
    return found;
  }

  async #acknowledge(sequence: number): Promise<void> {
    if (sequence <= this.#state.acknowledged) return;
    this.#state = { ...this.#state, acknowledged: sequence };
    const done = this.#segments.filter(({ last }) => last <= sequence);
    // The state must hold what the frames say before they are deleted.
    if (done.length > 0 || Date.now() - this.#savedAt > SAVE_EVERY_MS) await this.#saveState();
    for (const segment of done) {
      if (segment === this.#segments.at(-1)) {
        await this.#writer?.close();
        this.#writer = undefined;
      }
      await unlink(segment.path).catch(ignoreMissing);
    }
    this.#segments = this.#segments.filter(({ last }) => last > sequence);
  }

  async #recover(): Promise<void> {
    const { dir } = this.options;
    await ensurePrivateDir(dir);
    const saved = await this.#readState();
    if (saved !== undefined) this.#state = saved;
    const names = (await readdir(dir)).filter((name) => /^\d{16}\.seg$/.test(name)).sort();
    for (const name of names) {
      const path = join(dir, name);
      const { last, end, size } = await scanSegment<Mark>(path);
      if (last === undefined) {
        // Created, but no frame was completed.
        if (name === names.at(-1)) await unlink(path);
        else await this.#setAside(path);
        continue;
      }
      if (end < size) {
        if (name !== names.at(-1)) this.options.onEvent?.({ event: "damaged", file: path });
        await truncate(path, end);
      }
      if (last.sequence > this.#state.acknowledged) this.#segments.push({ path, last: last.sequence, bytes: end });
      // Acknowledged just before the last process ended.
      else await unlink(path);
      if (last.sequence > this.#state.sequence) {
        this.#state = defined({
          acknowledged: this.#state.acknowledged,
          sequence: last.sequence,
          dropped: last.dropped,
          mark: last.mark,
        });
      }
    }
  }

  async #setAside(path: string): Promise<void> {
    this.options.onEvent?.({ event: "damaged", file: path });
    await rename(path, `${path}.damaged`);
  }

  async #readState(): Promise<State<Mark> | undefined> {
    try {
      return JSON.parse(await readFile(join(this.options.dir, "state.json"), "utf8")) as State<Mark>;
    } catch (error) {
      if (errno(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async #saveState(): Promise<void> {
    await replaceFile(join(this.options.dir, "state.json"), JSON.stringify(this.#state), 0o600);
    this.#savedAt = Date.now();
  }
}

function ignoreMissing(error: unknown): void {
  if (errno(error) !== "ENOENT") throw error;
}
