/** What was opened, closed in the opposite order; one that fails does not keep the others open. */
export class Closers {
  readonly #closers: Array<() => Promise<void>> = [];

  add(closer: () => Promise<void>): void {
    this.#closers.push(closer);
  }

  /** @throws the first failure, after all were tried. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const closer of this.#closers.splice(0).reverse()) {
      await closer().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
