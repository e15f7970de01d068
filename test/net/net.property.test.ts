/** Addresses, blocks and sets of them obey their laws, and agree with node:net. */
import { BlockList, isIP, SocketAddress } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Fault } from "../../base/fault.js";
import { Address } from "../../net/address.js";
import { Cidr, uniqueCidrs } from "../../net/cidr.js";
import { blocksOf, difference, intersection, mergeCidrs, sizeOf, spansOf, union } from "../../net/ranges.js";
import { parsed, RUNS } from "../support/properties.js";

const family = fc.constantFrom(4 as const, 6 as const);
const number = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
const addressOf = (of: 4 | 6) => number(of === 4 ? 32 : 128).map((n) => Address.fromNumber(of, n));
const address = family.chain(addressOf);
const cidrOf = (of: 4 | 6) =>
  fc.tuple(addressOf(of), fc.integer({ min: 0, max: of === 4 ? 32 : 128 })).map(([at, bits]) => Cidr.around(at, bits));
const cidr = family.chain(cidrOf);
/** Close together, so that blocks touch and overlap. */
const nearby = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 24, max: 32 }))
    .map(([last, bits]) => Cidr.around(Address.fromNumber(4, 0xc0000200n + BigInt(last)), bits)),
  { maxLength: 12 },
);
/** Text that looks like an address. */
const text = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.string({ unit: fc.constantFrom(..."0123456789abcdefx:./%[] -"), maxLength: 40 }),
  fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.string({ maxLength: 3 })).map((parts) => parts.join("/")),
);

test("an address is what its text says, and node:net agrees on what is one", () => {
  fc.assert(
    fc.property(address, (each) => {
      expect(Address.parse(String(each))?.equals(each)).toBe(true);
      expect(String(Address.fromNumber(each.family, each.number))).toBe(String(each));
    }),
    RUNS,
  );
  fc.assert(
    fc.property(text, (each) => {
      const ours = Address.parse(each);
      const isZoned = each.includes("%");
      expect([each, ours !== undefined]).toEqual([each, isIP(each) !== 0 && !isZoned]);
      if (ours === undefined) return;
      // An IPv4-mapped address is the IPv4 address to us.
      const { address: theirs } = new SocketAddress({ address: each, family: isIP(each) === 4 ? "ipv4" : "ipv6" });
      if (!ours.wasMapped)
        expect(new SocketAddress({ address: String(ours), family: `ipv${ours.family}` }).address).toBe(theirs);
    }),
    { ...RUNS, numRuns: 1_000 },
  );
});

test("a block is what its text says, and only that", () => {
  fc.assert(
    fc.property(cidr, (each) => {
      expect(Cidr.parse(String(each)).equals(each)).toBe(true);
      expect(Cidr.of(String(each)).equals(each)).toBe(true);
      expect(Cidr.canonical(String(each))).toEqual({ cidr: each });
      expect(each.last - each.first + 1n).toBe(1n << BigInt((each.family === 4 ? 32 : 128) - each.prefix));
    }),
    RUNS,
  );
  fc.assert(
    fc.property(text, (each) => {
      const strict = parsed(() => Cidr.parse(each), Fault);
      const lenient = parsed(() => Cidr.canonical(each), Fault);
      expect(Cidr.tryParse(each)?.toString()).toBe(strict?.toString());
      if (strict !== undefined) expect(lenient).toEqual({ cidr: strict });
      if (lenient !== undefined) expect(Cidr.parse(String(lenient.cidr)).equals(lenient.cidr)).toBe(true);
    }),
    { ...RUNS, numRuns: 1_000 },
  );
});

test("node:net agrees on what a block holds", () => {
  fc.assert(
    fc.property(
      family.chain((of) => fc.tuple(cidrOf(of), addressOf(of), fc.bigInt({ min: -2n, max: 2n }))),
      ([block, anywhere, offset]) => {
        const list = new BlockList();
        const type = `ipv${block.family}` as const;
        list.addSubnet(block.address, block.prefix, type);
        const edge = block.first + offset;
        const near = Address.fromNumber(block.family, edge < 0n ? 0n : edge & block.last);
        for (const each of [anywhere, near]) {
          expect([String(block), String(each), block.contains(each)]).toEqual([
            String(block),
            String(each),
            list.check(String(each), type),
          ]);
        }
      },
    ),
    RUNS,
  );
});

test("merged blocks hold the same addresses, in any order and however often", () => {
  fc.assert(
    fc.property(nearby, fc.integer({ min: 0, max: 300 }), (blocks, last) => {
      const merged = mergeCidrs(blocks);
      const probe = Address.fromNumber(4, 0xc0000200n + BigInt(last));
      const holds = (all: readonly Cidr[]) => all.some((block) => block.contains(probe));
      expect(holds(merged)).toBe(holds(blocks));
      expect(mergeCidrs([...blocks].reverse().concat(blocks)).map(String)).toEqual(merged.map(String));
      expect(mergeCidrs(merged).map(String)).toEqual(merged.map(String));
      expect(merged.length).toBeLessThanOrEqual(uniqueCidrs(blocks).length);
    }),
    RUNS,
  );
});

test("sets of addresses: union, difference and intersection account for every address once", () => {
  fc.assert(
    fc.property(nearby, nearby, (one, two) => {
      const [a, b] = [spansOf(one), spansOf(two)];
      const both = intersection(a, b);
      expect(sizeOf(union([...a, ...b]))).toBe(sizeOf(a) + sizeOf(b) - sizeOf(both));
      expect(union([...difference(a, b), ...both])).toEqual(a);
      expect(intersection(difference(a, b), b)).toEqual([]);
      expect(spansOf(blocksOf(4, a))).toEqual(a);
    }),
    RUNS,
  );
});
