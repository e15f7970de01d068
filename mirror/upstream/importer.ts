/** Background fetches, one at a time. They stop at once when the mirror closes. */
import type { Logger } from "pino";
import { errorText } from "../../base/text/error-text.js";

/** Further fetches are dropped: a request brings these assets in later. */
const MAX_WAITING = 10_000;

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
    if (this.#stop.signal.aborted || this.#waiting.has(key) || this.#waiting.size >= MAX_WAITING) return;
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
        const cause = errorText(error);
        if (!this.#stop.signal.aborted) this.log.warn({ event: "import-failed", asset: key, cause });
      }
    }
    this.#running = undefined;
  }
}
