/** One task at a time, in the order of the calls. A failure affects only the task's own caller. */
import { Mutex as AsyncMutex } from "async-mutex";

export class Mutex {
  readonly #mutex = new AsyncMutex();

  /** Runs `work` when all earlier work has ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#mutex.runExclusive(work);
  }

  /** Resolves when all work requested so far has ended. */
  idle(): Promise<void> {
    return this.#mutex.runExclusive(() => undefined);
  }
}
