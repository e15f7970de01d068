/** The edge to the kernel: one nft session for changes, short-lived programs to read, one monitor to hear of others. */
import { Fault } from "../../base/fault.js";
import { run, runOk } from "../../base/process/run.js";
import type { Forward } from "../forwards/forward.js";
import { endConnections } from "./conntrack.js";
import { type Counters, listedForwards } from "./elements.js";
import type { Kernel, KernelOptions, Reconciled } from "./kernel.js";
import { markText, newMark, watchForeign } from "./monitor.js";
import { TABLE, tableText } from "./ruleset.js";
import { NftSession } from "./session.js";
import { type Change, transactionText } from "./transaction.js";

/** How long an ended connection is answered by resets; after that it is forgotten altogether. */
const REVOKED_MS = 3_000;

/** Changes in one transaction: one line must not grow without bound. */
const MOST_AT_ONCE = 500;
/** How soon a kernel that did not take the table is tried again. */
const RETRY_MS = 1_000;

export interface Programs {
  /** How nft and conntrack are run; in tests, inside a namespace. @default the programs on PATH */
  readonly nft?: readonly string[];
  readonly conntrack?: readonly string[];
}

interface Pending {
  readonly change: Change;
  resolve(): void;
  reject(error: unknown): void;
}

export async function openKernel(options: KernelOptions, programs: Programs = {}): Promise<Kernel> {
  const kernel = new NftKernel(options, programs.nft ?? ["nft"], programs.conntrack ?? ["conntrack"]);
  await kernel.watch();
  return kernel;
}

class NftKernel implements Kernel {
  readonly #session: NftSession;
  /** In what the session says first, and in each table that is loaded as a whole. */
  readonly #marks = { session: newMark(), load: newMark() };
  /** The session's process, as the host knows it. */
  #sessionPid: number | undefined;
  /** What the table is to hold: whoever else changes it, this is put back. */
  readonly #wanted = new Map<string, Forward>();
  #pending: Pending[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #flushing = false;
  /** Forwards whose change is not applied yet. */
  readonly #changing = new Set<string>();
  #isRepairDue = false;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;
  #unwatch: () => void = () => undefined;
  /** What is still being reset, by port. */
  readonly #ending = new Map<number, { readonly forward: Forward; readonly timer: NodeJS.Timeout }>();

  constructor(
    private readonly options: KernelOptions,
    private readonly nft: readonly string[],
    private readonly conntrack: readonly string[],
  ) {
    this.#session = new NftSession(nft, markText(this.#marks.session));
  }

  async watch(): Promise<void> {
    this.#unwatch = await watchForeign(this.nft, {
      marks: Object.values(this.#marks),
      isOurs: (pid) => pid === this.#sessionPid,
      onMarked: (mark, pid) => {
        if (mark === this.#marks.session) this.#sessionPid = pid;
      },
      onForeign: () => {
        this.#repair();
        // It may have been ours: said before the monitor listened.
        this.#session.greet();
      },
    });
  }

  reconcile(forwards: readonly Forward[]): Promise<Reconciled> {
    return this.#inTurn(() => {
      this.#wanted.clear();
      for (const forward of forwards) this.#wanted.set(forward.id, forward);
      return this.#replace();
    }).catch((error: unknown) => {
      this.#repairLater();
      throw error;
    });
  }

  add(forward: Forward): Promise<void> {
    this.#wanted.set(forward.id, forward);
    return this.#change({ kind: "add", forward });
  }

  remove(forward: Forward): Promise<void> {
    this.#wanted.delete(forward.id);
    return this.#change({ kind: "remove", forward });
  }

  async counters() {
    const known = new Set([...this.#wanted.keys(), ...this.#changing]);
    const isOpen = (id: string) => this.#changing.has(id);
    const unchanged = [...this.#wanted.keys()].filter((id) => !isOpen(id));
    const listed = listedForwards(await this.#list());
    // What the monitor missed is seen here.
    const there = new Set(listed.map(({ id }) => id));
    const isMissing = unchanged.some((id) => !there.has(id) && this.#wanted.has(id) && !isOpen(id));
    const isForeign = listed.some(({ id }) => !known.has(id) && !this.#wanted.has(id) && !isOpen(id));
    if (isMissing || isForeign) this.#repair();
    return listed;
  }

  async show(): Promise<string> {
    const [program = "", ...args] = this.nft;
    return (await runOk(program, [...args, "list", "table", ...TABLE.split(" ")])).stdout;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unwatch();
    clearTimeout(this.#retry);
    for (const { timer } of this.#ending.values()) clearTimeout(timer);
    await this.#turn;
    this.#session.close();
  }

  #change(change: Change): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#changing.add(change.forward.id);
      this.#pending.push({ change, resolve, reject });
      if (this.#flushing) return;
      this.#flushing = true;
      void this.#inTurn(() => this.#flush());
    });
  }

  /** Takes what has gathered while the last transaction was under way: the busier, the larger. */
  async #flush(): Promise<void> {
    while (this.#pending.length > 0) await this.#apply(this.#takeBatch());
    this.#flushing = false;
  }

  /** A port that is given up and given out again is two transactions: connections end in between. */
  #takeBatch(): Pending[] {
    const freed = new Set<number>();
    const end = this.#pending.findIndex(({ change: { kind, forward } }, index) => {
      if (index === MOST_AT_ONCE) return true;
      if (kind === "remove") freed.add(forward.connPort);
      return kind === "add" && freed.has(forward.connPort);
    });
    return this.#pending.splice(0, end === -1 ? this.#pending.length : end);
  }

  async #apply(batch: readonly Pending[]): Promise<void> {
    try {
      await this.#freePorts(batch);
      await this.#session.apply(transactionText(batch.map(({ change }) => change)));
    } catch {
      // Somebody changed the table under us: what is wanted is put in its place as a whole.
      try {
        await this.#replace();
      } catch (error) {
        return this.#refuse(batch, error);
      }
    }
    for (const { change, resolve } of batch) {
      this.#changing.delete(change.forward.id);
      if (change.kind === "remove") this.#endSoon(change.forward);
      resolve();
    }
  }

  /** What was refused is not wanted any more: otherwise it would be in each table that is tried after it. */
  #refuse(batch: readonly Pending[], error: unknown): void {
    for (const { change, reject } of batch) {
      this.#changing.delete(change.forward.id);
      if (change.kind === "add") this.#wanted.delete(change.forward.id);
      reject(error);
    }
    this.#repairLater();
  }

  /** Meanwhile what the client sends is answered by a reset; then the lab's side has nothing left to answer to. */
  #endSoon(forward: Forward): void {
    const timer = setTimeout(() => {
      this.#ending.delete(forward.connPort);
      endConnections(this.conntrack, forward).catch(this.options.onFailure);
    }, REVOKED_MS);
    this.#ending.set(forward.connPort, { forward, timer: timer.unref() });
  }

  /** A port that is given out again right after its forward ended: the old connections end first. */
  async #freePorts(batch: readonly Pending[]): Promise<void> {
    for (const { change } of batch) {
      const ending = change.kind === "add" ? this.#ending.get(change.forward.connPort) : undefined;
      if (ending === undefined) continue;
      clearTimeout(ending.timer);
      this.#ending.delete(change.forward.connPort);
      // The old ones: the new forward may have another protocol or IP version.
      await endConnections(this.conntrack, ending.forward);
    }
  }

  /** Changes of others that come before it begins are repaired by the same. */
  #repair(): void {
    if (this.#isRepairDue || this.#isClosed) return;
    this.#isRepairDue = true;
    const repaired = this.#inTurn(() => {
      this.#isRepairDue = false;
      return this.#replace();
    });
    repaired.then(this.options.onRepaired, (error: unknown) => {
      this.options.onFailure?.(error);
      this.#repairLater();
    });
  }

  #repairLater(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#repair(), RETRY_MS).unref();
  }

  async #replace(): Promise<Reconciled> {
    const listed = listedForwards(await this.#list());
    const counters: Counters = new Map(listed.map((each) => [each.id, each]));
    const forwards = [...this.#wanted.values()];
    await this.#load(tableText(this.options, forwards, counters));
    return {
      added: forwards.filter(({ id }) => !counters.has(id)).length,
      removed: listed.filter(({ id }) => !this.#wanted.has(id)).length,
    };
  }

  async #load(text: string): Promise<void> {
    const [program = "", ...args] = this.nft;
    const { spawn } = await import("node:child_process");
    const child = spawn(program, [...args, "-f", "-"], { stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (more: string) => {
      said += more;
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(`${markText(this.#marks.load)}\n${text}`);
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject).once("close", resolve);
    });
    if (status !== 0) throw new Fault("nft/refused", `nft refused the table: ${said.trim().split("\n", 1)[0]}`);
  }

  /** @returns nft's JSON, or nothing where there is no table. */
  async #list(): Promise<unknown> {
    const [program = "", ...args] = this.nft;
    const { exitCode, stdout, stderr } = await run(program, [...args, "-j", "list", "table", ...TABLE.split(" ")]);
    if (exitCode === 0) return JSON.parse(stdout);
    if (/No such file or directory/.test(stderr)) return undefined;
    throw new Fault("nft/unreadable", `nft cannot list the table: ${stderr.trim().split("\n", 1)[0]}`);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
