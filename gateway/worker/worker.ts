/** Looks after the machines behind the forwards: all of them in one sweep, every few minutes. */
import type { Forward } from "../forwards/forward.js";
import type { Store, Target } from "../store/store.js";
import { type Judged, judge } from "./judge.js";

export interface WorkerOptions {
  readonly store: Pick<Store, "list" | "targets" | "saveTargets">;
  /** The addresses of those that answer ICMP. */
  readonly sweep: (addresses: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Whether a port answers in any way. Absent: ICMP alone decides. */
  readonly probe?: (address: string, port: number) => Promise<boolean>;
  readonly everyMs: number;
  readonly damping: number;
  readonly onFailure: (error: unknown) => void;
  readonly now?: () => number;
}

/** Probes at the same time: each holds a descriptor. */
const PROBES_AT_ONCE = 64;

export class Worker {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<readonly Judged[]> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #again = false;
  #stopped = false;

  constructor(private readonly options: WorkerOptions) {}

  /** One sweep now, and then one whenever the time has come. */
  start(): void {
    this.poke();
  }

  /** There is a machine that nothing is known of: do not let its user wait for the next turn. */
  poke(): void {
    if (this.#stopped) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#running = this.turn();
    this.#running.catch(this.options.onFailure).finally(() => {
      this.#running = undefined;
      if (this.#stopped) return;
      const soon = this.#again;
      this.#again = false;
      this.#timer = setTimeout(() => this.poke(), soon ? 0 : this.options.everyMs).unref();
    });
  }

  /** Resolves when no sweep is under way and none will come. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  /** One sweep; of two at once the second waits, so that nothing is judged twice. */
  turn(): Promise<readonly Judged[]> {
    const turn = this.#last.then(() => this.#turn());
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #turn(): Promise<readonly Judged[]> {
    const { store, sweep, damping, now = Date.now } = this.options;
    const targets = await store.targets();
    if (targets.length === 0) return [];
    const answered = await sweep([...new Set(targets.map(({ addr }) => addr))]);
    const reached = await this.#probed(targets.filter(({ addr }) => !answered.has(addr)));
    const at = now();
    const judged = targets.map((target) =>
      judge(target, answered.has(target.addr) || reached.has(target.addr), at, damping),
    );
    // One record for each address: names that share one share what is known of it.
    const byAddress = new Map(judged.map((each) => [each.target.addr, each]));
    const changes = [...byAddress.values()].flatMap(({ change }) => (change === undefined ? [] : [change]));
    await store.saveTargets(
      [...byAddress.values()].map(({ target }) => target),
      changes,
    );
    return judged;
  }

  async #probed(silent: readonly Target[]): Promise<Set<string>> {
    const { store, probe } = this.options;
    const reached = new Set<string>();
    if (probe === undefined || silent.length === 0) return reached;
    const addresses = new Set(silent.map(({ addr }) => addr));
    const doors = (await store.list()).filter(
      ({ targetAddr, protocol }) => protocol === "tcp" && addresses.has(targetAddr),
    );
    const left: Forward[] = [...doors];
    const work = async () => {
      for (let door = left.shift(); door !== undefined; door = left.shift()) {
        if (reached.has(door.targetAddr)) continue;
        if (await probe(door.targetAddr, door.targetPort)) reached.add(door.targetAddr);
      }
    };
    await Promise.all(Array.from({ length: PROBES_AT_ONCE }, work));
    return reached;
  }
}
