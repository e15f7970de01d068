import { describe, expect, it } from "vitest";
import { Cidr } from "../../net/cidr.js";
import {
  blocksOf,
  difference,
  intersection,
  mergeCidrs,
  type Spans,
  sizeOf,
  spansOf,
  union,
} from "../../net/ranges.js";
import { type Random, seededRandom } from "../support/random.js";

const merged = (...texts: string[]): string[] => mergeCidrs(texts.map((text) => Cidr.parse(text))).map(String);

describe("mergeCidrs", () => {
  it.each<[given: string[], left: string[]]>([
    [[], []],
    [["10.0.0.0/25", "10.0.0.128/25"], ["10.0.0.0/24"]],
    [
      ["10.0.0.128/25", "10.0.1.0/25"],
      ["10.0.0.128/25", "10.0.1.0/25"],
    ],
    [["10.0.0.0/8", "10.1.0.0/16"], ["10.0.0.0/8"]],
    [["0.0.0.0/1", "128.0.0.0/1"], ["0.0.0.0/0"]],
    [
      ["::/1", "8000::/1", "203.0.113.7/32"],
      ["203.0.113.7/32", "::/0"],
    ],
    [["255.255.255.255/32", "255.255.255.254/32"], ["255.255.255.254/31"]],
  ])("makes of %j %j", (given, left) => {
    expect(merged(...given)).toEqual(left);
  });
});

/** A small world, so that a set of numbers can be the oracle. */
const LAST = 63n;
const members = (spans: Spans): number[] =>
  Array.from({ length: 64 }, (_, number) => number).filter((number) =>
    spans.some(({ first, last }) => first <= number && number <= last),
  );

function randomSpans(random: Random): Spans {
  return union(
    Array.from({ length: random.below(5) }, () => {
      const first = BigInt(random.below(64));
      const last = first + BigInt(random.below(12));
      return { first, last: last > LAST ? LAST : last };
    }),
  );
}

describe("sets of addresses", () => {
  it("are united, cut and counted as sets of numbers are", () => {
    for (let seed = 0; seed < 500; seed++) {
      const random = seededRandom(seed);
      const [a, b] = [randomSpans(random), randomSpans(random)];
      const [inA, inB] = [new Set(members(a)), new Set(members(b))];
      const all = Array.from({ length: 64 }, (_, number) => number);
      expect(members(union([...a, ...b]))).toEqual(all.filter((number) => inA.has(number) || inB.has(number)));
      expect(members(intersection(a, b))).toEqual(all.filter((number) => inA.has(number) && inB.has(number)));
      expect(members(difference(a, b))).toEqual(all.filter((number) => inA.has(number) && !inB.has(number)));
      expect(Number(sizeOf(a))).toBe(inA.size);
    }
  });

  it("come back from blocks as they were, in the fewest blocks", () => {
    for (let seed = 0; seed < 500; seed++) {
      const spans = randomSpans(seededRandom(seed));
      const blocks = blocksOf(4, spans);
      expect(spansOf(blocks)).toEqual(spans);
      for (const [index, block] of blocks.entries()) {
        const next = blocks[index + 1];
        const isPair =
          next?.prefix === block.prefix &&
          next.first === block.last + 1n &&
          block.first % (2n << BigInt(32 - block.prefix)) === 0n;
        expect(isPair, `${block} ${next}`).toBe(false);
      }
    }
  });
});
