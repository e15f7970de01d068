/** Writes down who used which forward when. */
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
  #turn: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  private constructor(private readonly options: CollectorOptions) {
    this.#timer = setInterval(() => void this.collect().catch(options.onFailure), options.intervalMs);
  }

  /** What was counted before this process began was written down by the one before it, or is lost with it. */
  static async open(options: CollectorOptions): Promise<UsageCollector> {
    const collector = new UsageCollector(options);
    collector.#before = byId(await options.kernel.counters());
    return collector;
  }

  /** Everything that passed until now is written down when this resolves. */
  collect(): Promise<void> {
    const turn = this.#turn.then(() => this.#collect());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.collect();
  }

  async #collect(): Promise<void> {
    const { store, kernel, now = Date.now } = this.options;
    const counters = await kernel.counters();
    await store.addUsage(difference(this.#before, counters, await store.list(), now()));
    // Only after it was written: what could not be written is part of the next difference.
    this.#before = byId(counters);
  }
}

const byId = (counters: Awaited<ReturnType<Kernel["counters"]>>): Counted =>
  new Map(counters.map((counter) => [counter.id, counter]));
