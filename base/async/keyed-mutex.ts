/** One task at a time for each key; tasks with different keys run side by side. */
import { Mutex } from "./mutex.js";

export class KeyedMutex<Key = string> {
  readonly #mutexes = new Map<Key, { readonly mutex: Mutex; users: number }>();

  /** Runs `work` when all earlier work with this key has ended. */
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

  /** Resolves when everything that was asked for by now has ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.#mutexes.values()].map(({ mutex }) => mutex.idle()));
  }
}
