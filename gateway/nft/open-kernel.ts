/** The edge to the kernel: one nft session for changes, short-lived programs to read, one monitor to hear of others. */
import { Fault } from "../../base/fault.js";
import { run, runOk } from "../../base/run.js";
import type { Forward } from "../forwards/forward.js";
import { endConnections } from "./conntrack.js";
import { type Counters, listedForwards } from "./elements.js";
import type { Kernel, KernelOptions, Reconciled } from "./kernel.js";
import { watchForeign } from "./monitor.js";
import { TABLE, tableText } from "./ruleset.js";
import { NftSession } from "./session.js";
import { type Change, REVOKED_SECONDS, transactionText } from "./transaction.js";

/** Changes in one transaction: one line must not grow without bound. */
const MOST_AT_ONCE = 500;

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
  /** What the table is to hold: whoever else changes it, this is put back. */
  readonly #wanted = new Map<string, Forward>();
  #pending: Pending[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #flushing = false;
  #unwatch: () => void = () => undefined;
  readonly #ending = new Map<number, NodeJS.Timeout>();

  constructor(
    private readonly options: KernelOptions,
    private readonly nft: readonly string[],
    private readonly conntrack: readonly string[],
  ) {
    this.#session = new NftSession(nft);
  }

  async watch(): Promise<void> {
    this.#unwatch = await watchForeign(this.nft, {
      isOurs: (pid) => pid === this.#session.pid || this.#own.has(pid),
      onForeign: () => void this.#repair(),
    });
  }

  reconcile(forwards: readonly Forward[]): Promise<Reconciled> {
    return this.#inTurn(() => {
      this.#wanted.clear();
      for (const forward of forwards) this.#wanted.set(forward.id, forward);
      return this.#replace();
    });
  }

  add(forward: Forward): Promise<void> {
    this.#wanted.set(forward.id, forward);
    return this.#change({ kind: "add", forward });
  }

  async remove(forward: Forward): Promise<void> {
    this.#wanted.delete(forward.id);
    await this.#change({ kind: "remove", forward });
    // Meanwhile what the client sends is answered by a reset; then the lab's side has nothing left to answer to.
    const timer = setTimeout(() => {
      this.#ending.delete(forward.connPort);
      endConnections(this.conntrack, forward).catch(this.options.onFailure);
    }, REVOKED_SECONDS * 1000);
    this.#ending.set(forward.connPort, timer.unref());
  }

  async counters() {
    return listedForwards(await this.#list());
  }

  async show(): Promise<string> {
    const [program = "", ...args] = this.nft;
    return (await runOk(program, [...args, "list", "table", ...TABLE.split(" ")])).stdout;
  }

  async close(): Promise<void> {
    this.#unwatch();
    for (const timer of this.#ending.values()) clearTimeout(timer);
    await this.#turn;
    this.#session.close();
  }

  #change(change: Change): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ change, resolve, reject });
      if (this.#flushing) return;
      this.#flushing = true;
      void this.#inTurn(() => this.#flush());
    });
  }

  /** Takes what has gathered while the last transaction was under way: the busier, the larger. */
  async #flush(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0, MOST_AT_ONCE);
      try {
        await this.#freePorts(batch);
        await this.#session.apply(transactionText(batch.map(({ change }) => change)));
      } catch {
        // Somebody changed the table under us: what is wanted is put in its place as a whole.
        try {
          await this.#replace();
        } catch (error) {
          for (const { reject } of batch) reject(error);
          continue;
        }
      }
      for (const { resolve } of batch) resolve();
    }
    this.#flushing = false;
  }

  /** A port that is given out again right after its forward ended: the old connections end first. */
  async #freePorts(batch: readonly Pending[]): Promise<void> {
    for (const { change } of batch) {
      const timer = change.kind === "add" ? this.#ending.get(change.forward.connPort) : undefined;
      if (timer === undefined) continue;
      clearTimeout(timer);
      this.#ending.delete(change.forward.connPort);
      await endConnections(this.conntrack, change.forward);
      const { protocol, connPort } = change.forward;
      const revoked = `element ${TABLE} revoked_${protocol} { ${connPort} }`;
      await this.#session.apply(`add ${revoked}; delete ${revoked}`);
    }
  }

  async #repair(): Promise<void> {
    try {
      const differing = await this.#inTurn(() => this.#replace());
      this.options.onRepaired?.(differing);
    } catch (error) {
      this.options.onFailure?.(error);
    }
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

  /** Processes of ours that replaced the table: the monitor tells their changes from others' by their ids. */
  readonly #own = new Set<number>();

  async #load(text: string): Promise<void> {
    const [program = "", ...args] = this.nft;
    const { spawn } = await import("node:child_process");
    const child = spawn(program, [...args, "-f", "-"], { stdio: ["pipe", "ignore", "pipe"] });
    if (child.pid !== undefined) this.#own.add(child.pid);
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (more: string) => {
      said += more;
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(text);
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
