/** Checks the machines behind the forwards: one sweep over all of them, every few minutes. */
import { Interval } from "../../base/async/interval.js";
import { Mutex } from "../../base/async/mutex.js";
import { mapLimit } from "../../base/async/pool.js";
import type { MachineState, Store } from "../store/store.js";
import { type LivenessUpdate, updateLiveness } from "./liveness.js";

export interface WorkerOptions {
  readonly store: Pick<Store, "list" | "machines" | "saveMachines">;
  /** Machines to look at besides the targets of forwards. @default none */
  readonly others?: () => Promise<readonly MachineState[]>;
  /** @returns the addresses that answer ICMP. */
  readonly sweep: (addresses: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Whether a TCP port answers in any way. @default - ICMP alone decides */
  readonly probe?: (address: string, port: number) => Promise<boolean>;
  /** From the end of one sweep to the start of the next. */
  readonly intervalMs: number;
  /** Consecutive sweeps that must disagree before a machine changes its state. */
  readonly damping: number;
  readonly onFailure: (error: unknown) => void;
  readonly now?: () => number;
}

/** Each probe holds a file descriptor. */
const MAX_PROBES = 64;

export class Worker {
  readonly #mutex = new Mutex();
  readonly #interval: Interval;

  constructor(private readonly options: WorkerOptions) {
    const { intervalMs, onFailure } = options;
    this.#interval = new Interval({ intervalMs, onFailure, work: () => this.sweepOnce() });
  }

  /** Sweeps now, and then at each interval. */
  start(): void {
    this.trigger();
  }

  /** Sweeps as soon as possible, so that the user of a new machine does not wait for the next interval. */
  trigger(): void {
    this.#interval.trigger();
  }

  /** Resolves when the running sweep has ended; no other one starts. */
  stop(): Promise<void> {
    return this.#interval.stop();
  }

  /** Sweeps never overlap: a second call waits for the first, so that damping counts each sweep once. */
  sweepOnce(): Promise<readonly LivenessUpdate[]> {
    return this.#mutex.run(() => this.#sweep());
  }

  async #sweep(): Promise<readonly LivenessUpdate[]> {
    const { store, others, sweep, damping, now = Date.now } = this.options;
    // Of machines that share an address, the last one names its record.
    const machines = [...((await others?.()) ?? []), ...(await store.machines())];
    if (machines.length === 0) return [];
    const answered = await sweep([...new Set(machines.map(({ addr }) => addr))]);
    const reached = await this.#probeTcp(machines.filter(({ addr }) => !answered.has(addr)));
    const at = now();
    const updates = machines.map((machine) =>
      updateLiveness(machine, answered.has(machine.addr) || reached.has(machine.addr), at, damping),
    );
    // Liveness belongs to the address: machines that share one share a record.
    const byAddress = [...new Map(updates.map((update) => [update.machine.addr, update])).values()];
    const changes = byAddress.flatMap(({ change }) => (change === undefined ? [] : [change]));
    await store.saveMachines(
      byAddress.map(({ machine }) => machine),
      changes,
    );
    return updates;
  }

  /** @returns the addresses that answer on a forwarded TCP port. */
  async #probeTcp(silent: readonly MachineState[]): Promise<Set<string>> {
    const { store, probe } = this.options;
    const reached = new Set<string>();
    if (probe === undefined || silent.length === 0) return reached;
    const addresses = new Set(silent.map(({ addr }) => addr));
    const forwards = (await store.list()).filter(
      ({ targetAddr, protocol }) => protocol === "tcp" && addresses.has(targetAddr),
    );
    await mapLimit(forwards, MAX_PROBES, async ({ targetAddr, targetPort }) => {
      if (!reached.has(targetAddr) && (await probe(targetAddr, targetPort))) reached.add(targetAddr);
    });
    return reached;
  }
}
