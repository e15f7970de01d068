/**
 * Merges blocks into fewer and wider ones, one join at a time: always the two neighbours whose smallest
 * common block adds the fewest addresses. Blocks that fit together exactly are joined from the start.
 */
import { Cidr } from "./cidr.js";
import { blocksOf, sizeOf, spansOf } from "./ranges.js";

/** The first address and the number of free bits: plain numbers, because hundreds of joins are tried. */
interface Block {
  readonly first: bigint;
  readonly free: bigint;
}

/** The shortest prefix of a joined block: a wider one is never one party's own. */
const WIDEST = { 4: 16, 6: 32 } as const;

export class CidrMerger {
  readonly #bits: number;
  readonly #blocks: Block[];
  readonly #named: bigint;
  #cheapest: { readonly parent: Block; readonly from: number; readonly to: number; readonly cost: bigint } | undefined;

  /** All blocks must be of the family. */
  constructor(
    readonly family: 4 | 6,
    cidrs: readonly Cidr[],
  ) {
    this.#bits = family === 4 ? 32 : 128;
    const spans = spansOf(cidrs);
    this.#named = sizeOf(spans);
    this.#blocks = blocksOf(family, spans).map(({ first, prefix }) => ({ first, free: BigInt(this.#bits - prefix) }));
    this.#findCheapest();
  }

  get count(): number {
    return this.#blocks.length;
  }

  /** How many addresses the next join would add; undefined if no join is left. */
  get cost(): bigint | undefined {
    return this.#cheapest?.cost;
  }

  get cidrs(): readonly Cidr[] {
    return this.#blocks.map(({ first, free }) => Cidr.fromNumber(this.family, first, this.#bits - Number(free)));
  }

  /** Addresses inside beside the given ones. */
  get surplusAddresses(): bigint {
    return this.#blocks.reduce((sum, { free }) => sum + (1n << free), -this.#named);
  }

  joinCheapest(): void {
    if (this.#cheapest === undefined) return;
    const { parent, from, to } = this.#cheapest;
    this.#blocks.splice(from, to - from, parent);
    this.#findCheapest();
  }

  #findCheapest(): void {
    this.#cheapest = undefined;
    for (const [index, block] of this.#blocks.entries()) {
      const next = this.#blocks[index + 1];
      const parent = next && commonBlock(block, next);
      if (parent === undefined || this.#bits - Number(parent.free) < WIDEST[this.family]) continue;
      const { from, to, held } = this.#inside(parent, index);
      const cost = (1n << parent.free) - held;
      if (this.#cheapest === undefined || cost < this.#cheapest.cost) this.#cheapest = { parent, from, to, cost };
    }
  }

  /** The run of blocks around `index` inside the parent, and how many addresses they hold. */
  #inside(parent: Block, index: number): { from: number; to: number; held: bigint } {
    const holds = (block: Block | undefined) =>
      block !== undefined && block.first >> parent.free === parent.first >> parent.free;
    let [from, to, held] = [index, index, 0n];
    while (holds(this.#blocks[from - 1])) from -= 1;
    while (holds(this.#blocks[to])) to += 1;
    for (const { free } of this.#blocks.slice(from, to)) held += 1n << free;
    return { from, to, held };
  }
}

function commonBlock(a: Block, b: Block): Block {
  const differing = a.first ^ b.first;
  let free = differing === 0n ? 0n : BigInt(differing.toString(2).length);
  for (const block of [a, b]) if (block.free > free) free = block.free;
  return { first: (a.first >> free) << free, free };
}
