/** Checks the machines behind the forwards: one sweep over all of them, every few minutes. */
import type { Forward } from "../forwards/forward.js";
import type { MachineState, Store } from "../store/store.js";
import { type LivenessUpdate, updateLiveness } from "./liveness.js";

export interface WorkerOptions {
  readonly store: Pick<Store, "list" | "machines" | "saveMachines">;
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
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<readonly LivenessUpdate[]> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isTriggered = false;
  #isStopped = false;

  constructor(private readonly options: WorkerOptions) {}

  /** Sweeps now, and then at each interval. */
  start(): void {
    this.trigger();
  }

  /** Sweeps as soon as possible, so that the user of a new machine does not wait for the next interval. */
  trigger(): void {
    if (this.#isStopped) return;
    if (this.#running !== undefined) {
      this.#isTriggered = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#running = this.sweepOnce();
    this.#running.catch(this.options.onFailure).finally(() => {
      this.#running = undefined;
      if (this.#isStopped) return;
      const delayMs = this.#isTriggered ? 0 : this.options.intervalMs;
      this.#isTriggered = false;
      this.#timer = setTimeout(() => this.trigger(), delayMs).unref();
    });
  }

  /** Resolves when the running sweep has ended; no other one starts. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  /** Sweeps never overlap: a second call waits for the first, so that damping counts each sweep once. */
  sweepOnce(): Promise<readonly LivenessUpdate[]> {
    const swept = this.#last.then(() => this.#sweep());
    this.#last = swept.catch(() => undefined);
    return swept;
  }

  async #sweep(): Promise<readonly LivenessUpdate[]> {
    const { store, sweep, damping, now = Date.now } = this.options;
    const machines = await store.machines();
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
    const queue: Forward[] = (await store.list()).filter(
      ({ targetAddr, protocol }) => protocol === "tcp" && addresses.has(targetAddr),
    );
    const probeQueue = async () => {
      for (let forward = queue.shift(); forward !== undefined; forward = queue.shift()) {
        const { targetAddr, targetPort } = forward;
        if (!reached.has(targetAddr) && (await probe(targetAddr, targetPort))) reached.add(targetAddr);
      }
    };
    await Promise.all(Array.from({ length: MAX_PROBES }, probeQueue));
    return reached;
  }
}
