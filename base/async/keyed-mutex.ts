/** One task at a time for each key. Tasks with different keys run concurrently. */
import { Mutex } from "./mutex.js";

export class KeyedMutex<Key = string> {
  readonly #mutexes = new Map<Key, { readonly mutex: Mutex; users: number }>();

  /** Runs `work` when all earlier work for this key has ended. */
  async run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const held = this.#mutexes.get(key) ?? { mutex: new Mutex(), users: 0 };
    this.#mutexes.set(key, held);
    held.users += 1;
    try {
      return await held.mutex.run(work);
    } finally {
      held.users -= 1;
      if (held.users === 0) this.#mutexes.delete(key);
    }
  }

  /** Resolves when all work requested so far has ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.#mutexes.values()].map(({ mutex }) => mutex.idle()));
  }
}
