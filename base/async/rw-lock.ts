/** Many readers at once, or one writer alone. A waiting writer holds back new readers, so that it cannot starve. */
export class RwLock {
  #readers = 0;
  #writing: Promise<void> | undefined;
  #onLastReader: (() => void) | undefined;

  async read<T>(work: () => Promise<T>): Promise<T> {
    while (this.#writing !== undefined) await this.#writing;
    this.#readers += 1;
    try {
      return await work();
    } finally {
      this.#readers -= 1;
      if (this.#readers === 0) this.#onLastReader?.();
    }
  }

  async write<T>(work: () => Promise<T>): Promise<T> {
    while (this.#writing !== undefined) await this.#writing;
    let release = () => {};
    this.#writing = new Promise((resolve) => {
      release = resolve;
    });
    try {
      if (this.#readers > 0) {
        await new Promise<void>((resolve) => {
          this.#onLastReader = resolve;
        });
      }
      return await work();
    } finally {
      this.#onLastReader = undefined;
      this.#writing = undefined;
      release();
    }
  }
}
