/**
 * Uploads that broke off and may be continued, by who sends them, to which file, under which id. Their bytes lie in
 * temporary files, which no client sees. They are kept for a time, the oldest are dropped where there are too many, and
 * none outlives the agent.
 */
import { createHash, type Hash } from "node:crypto";
import { KeyedMutex } from "../../base/async/keyed-mutex.js";
import type { Headers } from "../../http/server/exchange.js";
import type { Upload } from "../guard/upload.js";
import type { Temporaries } from "./temporaries.js";

/** An upload that waits for more of its bytes. */
export interface Staged {
  readonly kind: "staged";
  readonly upload: Upload;
  readonly temporary: string;
  /** Of the bytes up to `offset`. */
  readonly hash: Hash;
  offset: number;
}

/** An upload whose answer may have been lost. */
export interface Stored {
  readonly kind: "stored";
  readonly status: number;
  readonly headers: Headers;
  /** Of the file as it was stored. */
  readonly etag: string;
}

interface StagedUpload {
  state: Staged | Stored;
  timer?: NodeJS.Timeout;
}

/** The place of one upload, while one request holds it. */
export interface Held {
  readonly state: Staged | Stored | undefined;
  begin(upload: Upload, temporary: string): Staged;
  /** The file is in its place. */
  stored(answer: Omit<Stored, "kind">): Promise<void>;
  /** Removes the bytes. */
  drop(): Promise<void>;
}

const KEEP_MS = 3_600_000;
/** Each holds a few descriptors, and its bytes on the disk. */
const KEPT = 64;

export interface StagedUploadsOptions {
  readonly temporaries: Temporaries;
  /** From the last byte. @default an hour */
  readonly keepMs?: number;
  readonly kept?: number;
}

export class StagedUploads {
  readonly #options: Required<StagedUploadsOptions>;
  /** In the order of their last use. */
  readonly #entries = new Map<string, StagedUpload>();
  readonly #requests = new Map<string, () => void>();
  readonly #mutex = new KeyedMutex();

  constructor({ temporaries, keepMs = KEEP_MS, kept = KEPT }: StagedUploadsOptions) {
    this.#options = { temporaries, keepMs, kept };
  }

  /** Whether a request holds this upload. */
  isBusy(key: string): boolean {
    return this.#requests.has(key);
  }

  /**
   * One request at a time. The client sends another only when it has given up the one before, which may not know.
   *
   * @param interrupt ends this request early.
   */
  hold<T>(key: string, interrupt: () => void, work: (held: Held) => Promise<T>): Promise<T> {
    this.#requests.get(key)?.();
    return this.#mutex.run(key, async () => {
      this.#requests.set(key, interrupt);
      const entry = this.#entries.get(key);
      clearTimeout(entry?.timer);
      try {
        return await work(this.#held(key));
      } finally {
        this.#requests.delete(key);
        await this.#release(key);
      }
    });
  }

  /** Removes all of them. Call it after the last request. */
  async close(): Promise<void> {
    await this.#mutex.idle();
    for (const key of [...this.#entries.keys()]) await this.#drop(key);
  }

  #held(key: string): Held {
    const entries = this.#entries;
    return {
      get state() {
        return entries.get(key)?.state;
      },
      begin: (upload, temporary) => {
        const state: Staged = { kind: "staged", upload, temporary, hash: createHash("sha256"), offset: 0 };
        entries.set(key, { state });
        return state;
      },
      stored: async (answer) => {
        const entry = entries.get(key);
        if (entry?.state.kind !== "staged") return;
        const { upload, temporary } = entry.state;
        entry.state = { kind: "stored", ...answer };
        this.#options.temporaries.giveBack(temporary);
        await upload.close();
      },
      drop: () => this.#drop(key),
    };
  }

  async #release(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const { keepMs, kept } = this.#options;
    const timer = setTimeout(() => {
      // A request that came meanwhile has set another.
      void this.#mutex.run(key, async () => (entry.timer === timer ? this.#drop(key) : undefined));
    }, keepMs).unref();
    entry.timer = timer;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const idle = [...this.#entries.keys()].filter((other) => !this.#requests.has(other));
    for (const old of idle.slice(0, Math.max(0, idle.length - kept))) await this.#drop(old);
  }

  async #drop(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    clearTimeout(entry.timer);
    if (entry.state.kind === "stored") return;
    const { upload, temporary } = entry.state;
    await upload.abort();
    await upload.close();
    this.#options.temporaries.giveBack(temporary);
  }
}
