/**
 * Collects clean-up steps and runs them in reverse order. A failing step does not stop the others.
 * (`AsyncDisposableStack` does this from Node 24 on.)
 */
export class Disposables {
  readonly #disposers: Array<() => unknown> = [];

  /** @param disposer may return a promise, which is awaited. */
  defer(disposer: () => unknown): void {
    this.#disposers.push(disposer);
  }

  /** @throws the first failure, after all steps were tried. A second call does nothing. */
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
