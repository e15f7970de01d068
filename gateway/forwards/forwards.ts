/**
 * Forwards as a whole: first the database, then the kernel, then the answer. What was answered with
 * success is in both; after a crash in between the next start makes the kernel what the database says.
 */

import { KeyedMutex } from "../../base/async/keyed-mutex.js";
import { RwLock } from "../../base/async/rw-lock.js";
import type { Kernel } from "../nft/kernel.js";
import type { Store } from "../store/store.js";
import type { Forward, ForwardFilter, ForwardRequest, PortRange } from "./forward.js";
import { kernelRefused, noSuchForward, portTaken, rangeFull, removedLate } from "./problems.js";

export interface ForwardsOptions {
  readonly store: Store;
  readonly kernel: Kernel;
  readonly range: PortRange;
  /** Told what fails with nobody waiting for it. */
  readonly onFailure: (error: unknown) => void;
  readonly now?: () => number;
}

/** How often what has expired is looked for. */
const EXPIRY_MS = 1_000;
/** How soon after a failure the kernel is made what the database says. */
const RETRY_MS = 1_000;

export class Forwards {
  readonly #lock = new RwLock();
  readonly #keys = new KeyedMutex();
  /** Of each creation under way: the ids of what was removed meanwhile. */
  readonly #creating = new Set<Set<string>>();
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;
  readonly #unfollow: () => void;
  readonly #timer: NodeJS.Timeout;

  private constructor(private readonly options: ForwardsOptions) {
    this.#unfollow = options.store.onForeignChange(() => this.#catchUp());
    this.#timer = setInterval(() => this.expire().catch(options.onFailure), EXPIRY_MS);
  }

  /** The kernel is what the database says when this resolves. */
  static async open(options: ForwardsOptions): Promise<Forwards> {
    await options.store.removeExpired((options.now ?? Date.now)());
    await options.kernel.reconcile(await options.store.list());
    return new Forwards(options);
  }

  /** @throws Problem 409 where there is no port, 503 where the kernel refuses; then nothing is left of it. */
  create(request: ForwardRequest): Promise<{ readonly forward: Forward; readonly created: boolean }> {
    const { owner, key } = request;
    // Whoever asks again while the first is under way is not told that it is there before it is.
    return this.#lock.read(() =>
      key === undefined
        ? this.#create(request)
        : this.#keys.run(JSON.stringify([owner, key]), () => this.#create(request)),
    );
  }

  async #create(request: ForwardRequest) {
    const { store, kernel, range } = this.options;
    const removed = new Set<string>();
    this.#creating.add(removed);
    try {
      const result = await this.#written(store.create(request, range));
      if (result.outcome === "full") throw rangeFull(range);
      if (result.outcome === "taken") throw portTaken(result.connPort);
      const { forward, outcome } = result;
      // The answer to a removal may overtake the answer to the creation.
      if (outcome === "existing" || removed.has(forward.id)) return { forward, created: outcome === "created" };
      await kernel.add(forward).catch(async (error: unknown) => {
        await this.#written(store.remove(forward.connPort, forward.owner));
        throw kernelRefused(error);
      });
      return { forward, created: true };
    } finally {
      this.#creating.delete(removed);
    }
  }

  /** @param owner whose it must be; without one, anybody's. @throws Problem 404. */
  remove(connPort: number, owner?: string): Promise<Forward> {
    return this.#lock.read(async () => {
      const forward = await this.#written(this.options.store.remove(connPort, owner));
      if (forward === undefined) throw noSuchForward();
      await this.#revoke(forward).catch((error: unknown) => {
        throw removedLate(error);
      });
      return forward;
    });
  }

  list(filter?: ForwardFilter): Promise<readonly Forward[]> {
    return this.options.store.list(filter);
  }

  /** Makes the kernel what the database says, with no change of ours under way. */
  reconcile(): Promise<{ readonly added: number; readonly removed: number }> {
    const { store, kernel } = this.options;
    return this.#lock.write(async () => kernel.reconcile(await store.list()));
  }

  /** Removes what has expired. */
  expire(): Promise<readonly Forward[]> {
    const { store, now = Date.now } = this.options;
    return this.#lock.read(async () => {
      const expired = await this.#written(store.removeExpired(now()));
      await Promise.all(expired.map((forward) => this.#revoke(forward)));
      return expired;
    });
  }

  /** Resolves when nothing is under way any more; store and kernel stay open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    this.#unfollow();
    await this.#lock.write(async () => undefined);
  }

  /** From here on it is gone for good: a kernel that refuses is made right by the next reconciliation. */
  async #revoke(forward: Forward): Promise<void> {
    for (const removed of this.#creating) removed.add(forward.id);
    await this.options.kernel.remove(forward).catch((error: unknown) => {
      this.#catchUpLater();
      throw error;
    });
  }

  /** After a failure nobody knows what was written. */
  #written<T>(work: Promise<T>): Promise<T> {
    return work.catch((error: unknown) => {
      this.#catchUpLater();
      throw error;
    });
  }

  #catchUpLater(): void {
    if (this.#isClosed) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#catchUp();
    }, RETRY_MS).unref();
  }

  #catchUp(): void {
    this.reconcile().catch((error: unknown) => {
      this.options.onFailure(error);
      this.#catchUpLater();
    });
  }
}
