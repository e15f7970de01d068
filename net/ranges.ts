/**
 * Sets of addresses as sorted, disjoint spans of numbers, with exact union, difference and size, and the
 * conversion back to the fewest blocks.
 */
import { Cidr } from "./cidr.js";

export interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

/** Sorted, disjoint and not touching. */
export type Spans = readonly Span[];

/** All blocks must be of one family. */
export function spansOf(cidrs: readonly Cidr[]): Spans {
  return union(cidrs.map(({ first, last }) => ({ first, last })));
}

export function union(spans: Iterable<Span>): Spans {
  const sorted = [...spans].sort((a, b) => compare(a.first, b.first));
  const joined: { first: bigint; last: bigint }[] = [];
  for (const { first, last } of sorted) {
    const previous = joined.at(-1);
    if (previous === undefined || first > previous.last + 1n) joined.push({ first, last });
    else if (last > previous.last) previous.last = last;
  }
  return joined;
}

/** The numbers of `whole` that are not in `hole`. */
export function difference(whole: Spans, hole: Spans): Spans {
  const left: Span[] = [];
  for (const span of whole) {
    let { first } = span;
    for (const { first: from, last: to } of hole) {
      if (to < first || from > span.last) continue;
      if (from > first) left.push({ first, last: from - 1n });
      first = to + 1n;
    }
    if (first <= span.last) left.push({ first, last: span.last });
  }
  return left;
}

export function intersection(a: Spans, b: Spans): Spans {
  return difference(a, difference(a, b));
}

/** Number of addresses. */
export function sizeOf(spans: Spans): bigint {
  return spans.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
}

/** The fewest blocks that hold exactly these addresses, in order. */
export function blocksOf(family: 4 | 6, spans: Spans): Cidr[] {
  const bits = family === 4 ? 32 : 128;
  const blocks: Cidr[] = [];
  for (const span of spans) {
    let { first } = span;
    while (first <= span.last) {
      let free = 0;
      // As large as alignment and the end of the span allow.
      while (
        free < bits &&
        first % (1n << BigInt(free + 1)) === 0n &&
        first + (1n << BigInt(free + 1)) - 1n <= span.last
      ) {
        free += 1;
      }
      blocks.push(Cidr.fromNumber(family, first, bits - free));
      first += 1n << BigInt(free);
    }
  }
  return blocks;
}

/** The fewest blocks that hold the same addresses as these, IPv4 before IPv6. */
export function mergeCidrs(cidrs: readonly Cidr[]): Cidr[] {
  return ([4, 6] as const).flatMap((family) =>
    blocksOf(family, spansOf(cidrs.filter((cidr) => cidr.family === family))),
  );
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
