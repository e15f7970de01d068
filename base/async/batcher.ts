/**
 * Calls that come while one is under way share the next: each commit waits for the disk, and what has gathered
 * meanwhile waits once. A call that comes alone waits for nobody.
 */
export class Together<Item, Result> {
  #waiting: { readonly item: Item; resolve(result: Result): void; reject(error: unknown): void }[] = [];
  #busy = false;

  /**
   * @param work gives a result for each item, in their order; where it throws, all of them fail.
   * @param most items at once.
   */
  constructor(
    private readonly work: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly most: number,
  ) {}

  call(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#busy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.most);
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
