/** Fetches what nobody waits for, one at a time, and stops at once when the mirror does. */
import type { Logger } from "pino";

/** More than these are forgotten: they come in when they are asked for. */
const WAITING = 10_000;

export class Importer {
  readonly #waiting = new Map<string, () => Promise<void>>();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(private readonly log: Logger) {}

  /** Aborted when the mirror closes. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  add(key: string, work: () => Promise<void>): void {
    if (this.#stop.signal.aborted || this.#waiting.has(key) || this.#waiting.size >= WAITING) return;
    this.#waiting.set(key, work);
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#waiting.clear();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (const [key, work] of this.#waiting) {
      this.#waiting.delete(key);
      try {
        await work();
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        if (!this.#stop.signal.aborted) this.log.warn({ event: "import-failed", asset: key, cause });
      }
    }
    this.#running = undefined;
  }
}
