/**
 * Batches the calls that arrive during a run: the next run takes all of them, so that they share one commit to disk. A
 * call that arrives alone runs at once.
 */
export class Batcher<Item, Result> {
  #waiting: { readonly item: Item; resolve(result: Result): void; reject(error: unknown): void }[] = [];
  #busy = false;

  /**
   * @param work returns one result per item, in the same order; if it throws, every call of the batch fails.
   * @param maxItems maximum items in one batch.
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
