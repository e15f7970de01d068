/**
 * The kernel through nft: one session for changes, short-lived programs that read or replace the table, and one
 * monitor for changes by other programs. Each exchange has a time limit, so that an nft that hangs costs a change
 * and not the gateway.
 */
import { Mutex } from "../../base/async/mutex.js";
import { mapLimit } from "../../base/async/pool.js";
import type { Forward } from "../forwards/forward.js";
import { endConnections } from "./conntrack.js";
import { type Counters, elementsOf, listedForwards } from "./elements.js";
import { isTimeout, tableOutOfSync } from "./errors.js";
import type { Kernel, KernelOptions, Reconciled } from "./kernel.js";
import { markText, newMark, watchForeign } from "./monitor.js";
import { NftProgram } from "./nft-program.js";
import { tableText } from "./ruleset.js";
import { NftSession } from "./session.js";
import { type Change, transactionText } from "./transaction.js";

/** How long a removed forward answers with resets; then conntrack forgets its connections. */
const RESET_MS = 3_000;
/** Changes per transaction: a line must not grow without bound. */
const MAX_CHANGES = 500;
/** conntrack processes at once. */
const MAX_CONNTRACKS = 4;
/** From a failed repair to the next. */
const RETRY_MS = 1_000;
/** For one exchange with nft or conntrack. The largest table takes about a second to list. */
const LIMIT_MS = 10_000;

export interface Programs {
  /** How nft and conntrack are run; in tests, inside a namespace. @default the programs on PATH */
  readonly nft?: readonly string[];
  readonly conntrack?: readonly string[];
  /** Longest wait for an answer of either. @default 10000 */
  readonly limitMs?: number;
}

interface Resetting {
  readonly forward: Forward;
  readonly timer: NodeJS.Timeout;
  /** Resolves when conntrack has ended its connections. */
  ended?: Promise<void>;
}

interface Pending {
  readonly change: Change;
  resolve(): void;
  reject(error: unknown): void;
}

export async function openKernel(options: KernelOptions, programs: Programs = {}): Promise<Kernel> {
  const { nft = ["nft"], conntrack = ["conntrack"], limitMs = LIMIT_MS } = programs;
  const kernel = new NftKernel(options, { nft, conntrack, limitMs });
  await kernel.watch();
  return kernel;
}

class NftKernel implements Kernel {
  readonly #nft: NftProgram;
  readonly #session: NftSession;
  /** One mark identifies the session's process, the other each table that is loaded as a whole. */
  readonly #marks = { session: newMark(), load: newMark() };
  /** The session's process, by its id in the host's namespace. */
  #sessionPid: number | undefined;
  /** The desired content of the table. */
  readonly #wanted = new Map<string, Forward>();
  #pending: Pending[] = [];
  readonly #mutex = new Mutex();
  #isFlushing = false;
  /** Forwards with a change that is not applied yet. */
  readonly #changing = new Set<string>();
  #isRepairDue = false;
  /** False from a failed change until the table has been replaced. */
  #isInSync = true;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;
  #stopWatching: () => Promise<void> = async () => undefined;
  /** Removed forwards that still answer with resets, or whose connections are being ended, by port. */
  readonly #resetting = new Map<number, Resetting>();
  /** Those whose time is up. */
  #due: Resetting[] = [];
  #isEnding = false;

  constructor(
    private readonly options: KernelOptions,
    private readonly programs: Required<Programs>,
  ) {
    const { nft, limitMs } = programs;
    this.#nft = new NftProgram(nft, limitMs);
    this.#session = new NftSession({ command: nft, identification: markText(this.#marks.session), limitMs });
  }

  async watch(): Promise<void> {
    this.#stopWatching = await watchForeign({
      nft: this.programs.nft,
      marks: Object.values(this.#marks),
      isOurs: (pid) => pid === this.#sessionPid,
      onMarked: (mark, pid) => {
        if (mark === this.#marks.session) this.#sessionPid = pid;
      },
      onForeign: () => {
        this.#repair();
        // The change may have been our own, if the session identified itself before the monitor listened.
        this.#session.identify();
      },
    });
  }

  reconcile(forwards: readonly Forward[]): Promise<Reconciled> {
    return this.#mutex
      .run(() => {
        this.#wanted.clear();
        for (const forward of forwards) this.#wanted.set(forward.id, forward);
        return this.#replace();
      })
      .catch((error: unknown) => {
        this.#repairLater();
        throw error;
      });
  }

  async add(forward: Forward): Promise<void> {
    // What cannot be written would spoil the whole table, which others' changes may need.
    elementsOf(forward);
    this.#wanted.set(forward.id, forward);
    return this.#change({ kind: "add", forward });
  }

  remove(forward: Forward): Promise<void> {
    this.#wanted.delete(forward.id);
    return this.#change({ kind: "remove", forward });
  }

  /** Also detects foreign changes that the monitor missed. */
  async counters() {
    const known = new Set([...this.#wanted.keys(), ...this.#changing]);
    const isChanging = (id: string) => this.#changing.has(id);
    const settled = [...this.#wanted.keys()].filter((id) => !isChanging(id));
    const listed = listedForwards(await this.#nft.list());
    const listedIds = new Set(listed.map(({ id }) => id));
    const isMissing = settled.some((id) => !listedIds.has(id) && this.#wanted.has(id) && !isChanging(id));
    const isForeign = listed.some(({ id }) => !known.has(id) && !this.#wanted.has(id) && !isChanging(id));
    if (isMissing || isForeign) this.#repair();
    return listed;
  }

  show(): Promise<string> {
    return this.#nft.print();
  }

  async check(): Promise<void> {
    if (!this.#isInSync) throw tableOutOfSync();
    await this.#nft.print();
    if (!this.#isInSync) throw tableOutOfSync();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    for (const { timer } of this.#resetting.values()) clearTimeout(timer);
    const stopped = this.#stopWatching();
    await this.#mutex.idle();
    this.#session.close();
    await stopped;
  }

  #change(change: Change): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#changing.add(change.forward.id);
      this.#pending.push({ change, resolve, reject });
      if (this.#isFlushing) return;
      this.#isFlushing = true;
      void this.#mutex.run(() => this.#flush());
    });
  }

  /** Applies what has gathered while the last transaction was under way: the busier, the larger. */
  async #flush(): Promise<void> {
    while (this.#pending.length > 0) await this.#apply(this.#takeBatch());
    this.#isFlushing = false;
  }

  /** Ends a batch before a port that it frees is given out again: its old connections end in between. */
  #takeBatch(): Pending[] {
    const freed = new Set<number>();
    const end = this.#pending.findIndex(({ change: { kind, forward } }, index) => {
      if (index === MAX_CHANGES) return true;
      if (kind === "remove") freed.add(forward.connPort);
      return kind === "add" && freed.has(forward.connPort);
    });
    return this.#pending.splice(0, end === -1 ? this.#pending.length : end);
  }

  async #apply(batch: readonly Pending[]): Promise<void> {
    try {
      await this.#freePorts(batch);
      await this.#session.apply(transactionText(batch.map(({ change }) => change)));
    } catch (error) {
      // nft hangs, so it would hang again; the callers wait no longer for the repair.
      if (isTimeout(error)) return this.#refuse(batch, error);
      // Another program has changed the table: replace it as a whole. That costs much more, so it must not go unseen.
      this.options.onFailure?.(error);
      try {
        await this.#replace();
      } catch (replaceError) {
        if (batch.length === 1 || isTimeout(replaceError)) return this.#refuse(batch, replaceError);
        return this.#applyOneByOne(batch);
      }
    }
    for (const { change, resolve } of batch) {
      this.#changing.delete(change.forward.id);
      if (change.kind === "remove") this.#endConnectionsLater(change.forward);
      resolve();
    }
  }

  /** One change may be to blame: the others must not fail with it, nor be spoilt by it. */
  async #applyOneByOne(batch: readonly Pending[]): Promise<void> {
    const added = batch.filter(({ change }) => change.kind === "add");
    for (const { change } of added) this.#wanted.delete(change.forward.id);
    for (const each of batch) {
      const { kind, forward } = each.change;
      if (kind === "add") this.#wanted.set(forward.id, forward);
      await this.#apply([each]);
    }
  }

  /** A refused addition is no longer wanted; otherwise it would spoil each later table. */
  #refuse(batch: readonly Pending[], error: unknown): void {
    for (const { change, reject } of batch) {
      this.#changing.delete(change.forward.id);
      if (change.kind === "add") this.#wanted.delete(change.forward.id);
      reject(error);
    }
    this.#repairLater();
  }

  /** Resets go to clients as they send; after that, the lab's side has no connection left to answer on. */
  #endConnectionsLater(forward: Forward): void {
    const timer = setTimeout(() => {
      this.#due.push(resetting);
      if (!this.#isEnding) void this.#endDue();
    }, RESET_MS);
    const resetting: Resetting = { forward, timer: timer.unref() };
    this.#resetting.set(forward.connPort, resetting);
  }

  /** A few at a time: starting a thousand processes at once would keep everyone else waiting for seconds. */
  async #endDue(): Promise<void> {
    this.#isEnding = true;
    while (this.#due.length > 0 && !this.#isClosed) {
      await mapLimit(this.#due.splice(0), MAX_CONNTRACKS, async (resetting) => {
        if (this.#isClosed) return;
        await this.#end(resetting).catch(this.options.onFailure);
      });
    }
    this.#isEnding = false;
  }

  /** Ends the connections once, when the forward's time is up or a new forward takes its port, whichever is first. */
  #end(resetting: Resetting): Promise<void> {
    const { forward } = resetting;
    resetting.ended ??= endConnections(forward, this.programs).finally(() => {
      if (this.#resetting.get(forward.connPort) === resetting) this.#resetting.delete(forward.connPort);
    });
    return resetting.ended;
  }

  /** Ends the connections of a removed forward before its port is given out again. */
  async #freePorts(batch: readonly Pending[]): Promise<void> {
    for (const { change } of batch) {
      const removed = change.kind === "add" ? this.#resetting.get(change.forward.connPort) : undefined;
      if (removed === undefined) continue;
      clearTimeout(removed.timer);
      // By the old forward: the new one may have another protocol or IP version.
      await this.#end(removed);
    }
  }

  /** One repair covers every foreign change made before it begins. */
  #repair(): void {
    if (this.#isRepairDue || this.#isClosed) return;
    this.#isRepairDue = true;
    const repaired = this.#mutex.run(() => {
      this.#isRepairDue = false;
      return this.#replace();
    });
    repaired.then(this.options.onRepaired, (error: unknown) => {
      this.options.onFailure?.(error);
      this.#repairLater();
    });
  }

  #repairLater(): void {
    this.#isInSync = false;
    if (this.#isClosed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#repair(), RETRY_MS).unref();
  }

  async #replace(): Promise<Reconciled> {
    const listed = listedForwards(await this.#nft.list());
    const counters: Counters = new Map(listed.map((counter) => [counter.id, counter]));
    const forwards = [...this.#wanted.values()];
    await this.#nft.load(`${markText(this.#marks.load)}\n${tableText(this.options, forwards, counters)}`);
    this.#isInSync = true;
    return {
      added: forwards.filter(({ id }) => !counters.has(id)).length,
      removed: listed.filter(({ id }) => !this.#wanted.has(id)).length,
    };
  }
}
