/** Addresses of log lines in canonical form. */
import { isIPv4 } from "node:net";
import { Address } from "../../../net/address.js";

/** A log names few machines many times. */
const cache = new Map<string, string | undefined>();
const MAX_CACHED = 4096;

/** @returns the canonical text; undefined for other text. The kernel writes IPv6 with all its zeros. */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const cached = cache.get(text);
  if (cached !== undefined || cache.has(text)) return cached;
  const canonical = Address.parse(text)?.toString();
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(text, canonical);
  return canonical;
}
