/** The address that a request comes from. Pure. */
import { Address } from "../../net/address.js";
import type { Cidr } from "../../net/cidr.js";

/**
 * The peer's address. For a trusted proxy, the last entry of X-Forwarded-For, which the proxy itself wrote; the
 * client wrote the entries before it.
 */
export function clientAddress(peer: string, forwarded: string | undefined, trusted: readonly Cidr[]): string {
  const address = parseWithoutZone(peer);
  if (address === undefined) return peer;
  if (forwarded === undefined || !isTrusted(peer, trusted)) return address.toString();
  const last = parseWithoutZone(forwarded.split(",").at(-1)?.trim() ?? "");
  return (last ?? address).toString();
}

export function isTrusted(peer: string, trusted: readonly Cidr[]): boolean {
  const address = parseWithoutZone(peer);
  return address !== undefined && trusted.some((block) => block.contains(address));
}

export function sameAddress(a: string, b: string): boolean {
  const [first, second] = [parseWithoutZone(a), parseWithoutZone(b)];
  return first !== undefined && second !== undefined && first.equals(second);
}

/** A link-local peer has a zone, which is not part of its address. */
const parseWithoutZone = (text: string) => Address.parse(text.split("%", 1)[0] ?? "");
