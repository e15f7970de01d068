/** Records the traffic of each forward, minute by minute. */
import { Interval } from "../../base/async/interval.js";
import { Mutex } from "../../base/async/mutex.js";
import type { Kernel } from "../nft/kernel.js";
import type { Store } from "../store/store.js";
import { type Counted, difference } from "./difference.js";

export interface CollectorOptions {
  readonly store: Pick<Store, "list" | "addUsage">;
  readonly kernel: Pick<Kernel, "counters">;
  readonly intervalMs: number;
  readonly onFailure: (error: unknown) => void;
  readonly now?: () => number;
}

export class UsageCollector {
  #before: Counted = new Map();
  readonly #mutex = new Mutex();
  readonly #interval: Interval;

  private constructor(private readonly options: CollectorOptions) {
    const { intervalMs, onFailure } = options;
    this.#interval = new Interval({ intervalMs, work: () => this.collect(), onFailure }).start();
  }

  /** Starts from the kernel's current counters: an earlier process has recorded what came before, or it is lost. */
  static async open(options: CollectorOptions): Promise<UsageCollector> {
    const collector = new UsageCollector(options);
    collector.#before = byId(await options.kernel.counters());
    return collector;
  }

  /** All traffic up to now is recorded when this resolves. */
  collect(): Promise<void> {
    return this.#mutex.run(() => this.#collect());
  }

  async close(): Promise<void> {
    await this.#interval.stop();
    await this.collect();
  }

  async #collect(): Promise<void> {
    const { store, kernel, now = Date.now } = this.options;
    const counters = await kernel.counters();
    await store.addUsage(difference(this.#before, counters, await store.list(), now()));
    // Only after a successful write: otherwise the next difference contains the same traffic again.
    this.#before = byId(counters);
  }
}

const byId = (counters: Awaited<ReturnType<Kernel["counters"]>>): Counted =>
  new Map(counters.map((counter) => [counter.id, counter]));
