/**
 * Batches calls that arrive while one is running: the next run takes all of them, so that a commit waits for the disk
 * once instead of once for each. A call that arrives alone runs at once.
 */
export class Batcher<Item, Result> {
  #waiting: { readonly item: Item; resolve(result: Result): void; reject(error: unknown): void }[] = [];
  #busy = false;

  /**
   * @param work returns one result for each item, in the same order; if it throws, every call of the batch fails.
   * @param maxItems the most items in one batch.
   */
  constructor(
    private readonly work: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly maxItems: number,
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
      const batch = this.#waiting.splice(0, this.maxItems);
      try {
        const results = await this.work(batch.map(({ item }) => item));
        for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#busy = false;
  }
}
