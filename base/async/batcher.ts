/**
 * Batches the calls that arrive during a run: the next run takes all of them, so that they share one commit to disk. A
 * call that arrives alone runs at once.
 */

export interface BatcherOptions {
  /** Maximum items in one batch. */
  readonly maxItems: number;
  /**
   * Whether a batch that failed with `error` has done nothing, and one item may be to blame. Each item is then tried
   * alone, so that only the wrong one fails.
   *
   * @default - every call of the batch fails
   */
  readonly isOneToBlame?: (error: unknown) => boolean;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

export class Batcher<Item, Result> {
  #waiting: Waiting<Item, Result>[] = [];
  #busy = false;

  /** @param work returns one result per item, in the same order. */
  constructor(
    private readonly work: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly options: BatcherOptions,
  ) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#busy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.options.maxItems);
      try {
        settle(batch, await this.work(batch.map(({ item }) => item)));
      } catch (error) {
        if (batch.length > 1 && this.options.isOneToBlame?.(error) === true) await this.#runOneByOne(batch);
        else for (const { reject } of batch) reject(error);
      }
    }
    this.#busy = false;
  }

  async #runOneByOne(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    for (const each of batch) {
      await this.work([each.item]).then((results) => settle([each], results), each.reject);
    }
  }
}

function settle<Item, Result>(batch: readonly Waiting<Item, Result>[], results: readonly Result[]): void {
  for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
}
