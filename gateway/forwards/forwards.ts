/**
 * Forwards as a whole: first the database, then the kernel, then the answer. What was answered with
 * success is in both; after a crash in between the next start makes the kernel what the database says.
 */
import type { Kernel } from "../nft/kernel.js";
import type { Store } from "../store/store.js";
import type { Forward, ForwardFilter, ForwardRequest, PortRange } from "./forward.js";
import { Gate } from "./gate.js";
import { kernelRefused, noSuchForward, portTaken, rangeFull } from "./problems.js";

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

export class Forwards {
  readonly #gate = new Gate();
  readonly #unfollow: () => void;
  readonly #timer: NodeJS.Timeout;

  private constructor(private readonly options: ForwardsOptions) {
    this.#unfollow = options.store.onForeignChange(() => this.#unheard(this.reconcile()));
    this.#timer = setInterval(() => this.#unheard(this.expire()), EXPIRY_MS);
  }

  /** The kernel is what the database says when this resolves. */
  static async open(options: ForwardsOptions): Promise<Forwards> {
    await options.store.removeExpired((options.now ?? Date.now)());
    await options.kernel.reconcile(await options.store.list());
    return new Forwards(options);
  }

  /** @throws Problem 409 where there is no port, 503 where the kernel refuses; then nothing is left of it. */
  create(request: ForwardRequest): Promise<{ readonly forward: Forward; readonly created: boolean }> {
    const { store, kernel, range } = this.options;
    return this.#gate.pass(async () => {
      const result = await store.create(request, range);
      if (result.outcome === "full") throw rangeFull(range);
      if (result.outcome === "taken") throw portTaken(result.connPort);
      const { forward, outcome } = result;
      if (outcome === "existing") return { forward, created: false };
      try {
        await kernel.add(forward);
      } catch (error) {
        await store.remove(forward.connPort);
        throw kernelRefused(error);
      }
      return { forward, created: true };
    });
  }

  /** @param owner whose it must be; without one, anybody's. @throws Problem 404. */
  remove(connPort: number, owner?: string): Promise<Forward> {
    const { store, kernel } = this.options;
    return this.#gate.pass(async () => {
      const forward = await store.remove(connPort, owner);
      if (forward === undefined) throw noSuchForward();
      // From here on it is gone for good: a kernel that refuses is made right by the next reconciliation.
      await kernel.remove(forward).catch((error: unknown) => {
        this.#unheard(this.reconcile());
        throw kernelRefused(error);
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
    return this.#gate.alone(async () => kernel.reconcile(await store.list()));
  }

  /** Removes what has expired. */
  expire(): Promise<readonly Forward[]> {
    const { store, kernel, now = Date.now } = this.options;
    return this.#gate.pass(async () => {
      const expired = await store.removeExpired(now());
      await Promise.all(expired.map((forward) => kernel.remove(forward)));
      return expired;
    });
  }

  /** Resolves when nothing is under way any more; store and kernel stay open. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#unfollow();
    await this.#gate.alone(async () => undefined);
  }

  #unheard(work: Promise<unknown>): void {
    work.catch(this.options.onFailure);
  }
}
