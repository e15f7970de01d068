/** A kernel in memory. The cases in nft/kernel-cases.ts hold for it and for the real one. */

import { parseBlock } from "../../../gateway/forwards/block.js";
import type { Forward } from "../../../gateway/forwards/forward.js";
import { elementsOf } from "../../../gateway/nft/elements.js";
import type { Kernel } from "../../../gateway/nft/kernel.js";

export class FakeKernel implements Kernel {
  readonly forwards = new Map<string, Forward>();
  /** While true, it refuses additions. */
  refuses = false;
  /** Awaited before each addition. */
  before: Promise<unknown> = Promise.resolve();

  async reconcile(forwards: readonly Forward[]) {
    const wanted = new Map(forwards.map((forward) => [forward.id, forward]));
    const added = forwards.filter(({ id }) => !this.forwards.has(id)).length;
    const removed = [...this.forwards.keys()].filter((id) => !wanted.has(id)).length;
    forwards.forEach((forward) => void elementsOf(forward));
    this.forwards.clear();
    for (const forward of forwards) this.forwards.set(forward.id, forward);
    return { added, removed };
  }

  async add(forward: Forward) {
    await this.before;
    if (this.refuses) throw new Error("refused");
    // What cannot be written as elements, or is none to nft, is refused by the real one, too.
    elementsOf(forward);
    if (forward.sources.some((source) => parseBlock(source) === undefined)) throw new Error("no block");
    this.forwards.set(forward.id, forward);
  }

  async remove({ id }: Forward) {
    this.forwards.delete(id);
  }

  async counters() {
    return [...this.forwards.values()]
      .map(({ id, connPort }) => ({ id, connPort, packets: 0, bytes: 0, connections: 0 }))
      .sort((one, other) => one.connPort - other.connPort);
  }

  async show() {
    return [...this.forwards.values()].flatMap((forward) => elementsOf(forward).map(({ text }) => text)).join("\n");
  }

  async check() {}

  async close() {}
}
