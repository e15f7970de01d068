/**
 * Creates and removes forwards: first in the database, then in the kernel, then the caller gets the answer. After a
 * successful answer both agree. After a crash in between, the next start makes the kernel follow the database.
 */
import { Interval } from "../../base/async/interval.js";
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
  /** Called with failures of background work. */
  readonly onFailure: (error: unknown) => void;
  readonly now?: () => number;
}

/** How often expired forwards are removed. */
const EXPIRY_MS = 1_000;
/** From a failure to the next attempt to make the kernel follow the database. */
const RETRY_MS = 1_000;

const isPort = (number: number) => Number.isInteger(number) && number >= 1 && number <= 65_535;

export class Forwards {
  readonly #lock = new RwLock();
  readonly #keys = new KeyedMutex();
  /** For each creation under way, the ids of forwards that were removed meanwhile. */
  readonly #creating = new Set<Set<string>>();
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;
  readonly #stopListening: () => void;
  readonly #expiry: Interval;

  private constructor(private readonly options: ForwardsOptions) {
    const { store, onFailure } = options;
    this.#stopListening = store.onForeignChange(() => this.#catchUp());
    this.#expiry = new Interval({ intervalMs: EXPIRY_MS, work: () => this.expire(), onFailure }).start();
  }

  /** The kernel agrees with the database when this resolves. */
  static async open(options: ForwardsOptions): Promise<Forwards> {
    await options.store.removeExpired((options.now ?? Date.now)());
    await options.kernel.reconcile(await options.store.list());
    return new Forwards(options);
  }

  /** @throws Problem 409 without a port, 503 if the kernel refuses; then nothing is left of the forward. */
  create(request: ForwardRequest): Promise<{ readonly forward: Forward; readonly created: boolean }> {
    const { owner, key } = request;
    // A repeated request waits for the first one, so that it never reports a forward that is not in effect yet.
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
      // A removal may have finished before this creation.
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

  /** @param owner the required owner; undefined for an admin. @param by the user who asked, for the record. @throws Problem 404. */
  remove(connPort: number, owner?: string, by?: string): Promise<Forward> {
    // A number that cannot be a port would fail as a value of the database.
    if (!isPort(connPort)) return Promise.reject(noSuchForward());
    return this.#lock.read(async () => {
      const forward = await this.#written(this.options.store.remove(connPort, owner, by));
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

  /** Makes the kernel follow the database, while no change of ours is under way. */
  reconcile(): Promise<{ readonly added: number; readonly removed: number }> {
    const { store, kernel } = this.options;
    return this.#lock.write(async () => kernel.reconcile(await store.list()));
  }

  /** Removes the expired forwards. */
  expire(): Promise<readonly Forward[]> {
    const { store, now = Date.now } = this.options;
    return this.#lock.read(async () => {
      const expired = await this.#written(store.removeExpired(now()));
      await Promise.all(expired.map((forward) => this.#revoke(forward)));
      return expired;
    });
  }

  /** Resolves when no change is under way. The store and the kernel stay open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#stopListening();
    await this.#expiry.stop();
    await this.#lock.write(async () => undefined);
  }

  /** The removal is final: if the kernel refuses, the next reconciliation repeats it there. */
  async #revoke(forward: Forward): Promise<void> {
    for (const removed of this.#creating) removed.add(forward.id);
    await this.options.kernel.remove(forward).catch((error: unknown) => {
      this.#catchUpLater();
      throw error;
    });
  }

  /** After a failure it is unknown what was written, so the kernel must catch up. */
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
