/** Blocks of addresses as users write them: host bits are cleared, and a lone address is a block of one. Pure. */
import { Address, bitsOf } from "../../net/address.js";
import { Cidr } from "../../net/cidr.js";

/** @returns undefined for text that is no block. */
export function parseBlock(text: string): Cidr | undefined {
  const [host = "", prefix, ...more] = text.split("/");
  const address = Address.parse(host);
  if (address === undefined || more.length > 0) return undefined;
  const bits = bitsOf(address.family);
  const length = prefix === undefined ? bits : /^[0-9]{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  return length <= bits ? Cidr.around(address, length) : undefined;
}

/** Stored sources are compared with each packet and each listing, and there are few of them. */
const known = new Map<string, Cidr | undefined>();
const MAX_KNOWN = 10_000;

/** As {@link parseBlock}, but each text is parsed only once. */
export function knownBlock(text: string): Cidr | undefined {
  if (known.has(text)) return known.get(text);
  if (known.size >= MAX_KNOWN) known.clear();
  const block = parseBlock(text);
  known.set(text, block);
  return block;
}

/** @param texts that were checked before. */
export function parseBlocks(texts: readonly string[]): Cidr[] {
  return texts.flatMap((text) => parseBlock(text) ?? []);
}
