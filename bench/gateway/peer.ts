/** vLab's side: peer.py, a process of its own inside a namespace, warm from the first job that counts. */
import { type ChildProcess, spawnSync } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { endChild, spawnWithParentDeath } from "../../base/process/spawn.js";
import type { NetNamespace } from "../../local/network/net-namespace.js";

export const PEER = fileURLToPath(new URL("./peer.py", import.meta.url));

/** Debian's `iptables` is the first; vLab's own machines had the second. */
export const IPTABLES = ["iptables-nft", "iptables-legacy"] as const;

/** @returns the variants that are installed. */
export function foundIptables(): string[] {
  return IPTABLES.filter((program) => isThere(program));
}

export function isThere(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
}

export class Peer {
  readonly #child: ChildProcess;
  readonly #reader: Interface;
  readonly #lines: AsyncIterator<string>;

  constructor(namespace: NetNamespace, args: readonly string[]) {
    const child = spawnWithParentDeath(namespace.enter(["python3", PEER, ...args]), {
      stdio: ["pipe", "pipe", "inherit"],
    });
    if (child.stdout === null) throw new Error("the peer has no output");
    this.#child = child;
    this.#reader = createInterface({ input: child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** @returns milliseconds, as the peer measured them, and what it found. */
  async run(job: { readonly do: string; readonly [key: string]: unknown }): Promise<{ ms: number; result: unknown }> {
    this.#child.stdin?.write(`${JSON.stringify(job)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the peer ended in the middle of "${job.do}"`);
    return JSON.parse(value);
  }

  async end(): Promise<void> {
    await endChild(this.#child);
    this.#reader.close();
  }
}
