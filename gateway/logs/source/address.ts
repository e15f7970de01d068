/** Addresses as the gateway writes them, whatever the log's way of writing them was. */
import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";

/** A log names few machines many times. */
const known = new Map<string, string | undefined>();
const KNOWN_MAX = 4096;

/** @returns the canonical text; undefined where it is no address. The kernel writes IPv6 with all its zeros. */
export function canonicalAddress(text: string): string | undefined {
  const before = known.get(text);
  if (before !== undefined || known.has(text)) return before;
  const canonical = read(text);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, canonical);
  return canonical;
}

function read(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes("%")) return undefined;
  return ipaddr.IPv6.parse(text).toRFC5952String();
}
