/**
 * Collects what must be undone, and undoes it in reverse order. A failure does not keep the others from being undone.
 * (`AsyncDisposableStack` does this from Node 24 on.)
 */
export class Disposables {
  readonly #disposers: Array<() => unknown> = [];

  /** @param disposer may return a promise, which is awaited. */
  defer(disposer: () => unknown): void {
    this.#disposers.push(disposer);
  }

  /** @throws the first failure, after all were tried. A second call has nothing left to do. */
  async dispose(): Promise<void> {
    const failures: unknown[] = [];
    for (const disposer of this.#disposers.splice(0).reverse()) {
      try {
        await disposer();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
