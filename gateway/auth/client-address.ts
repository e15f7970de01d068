/** Where a request comes from. Pure. */
import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * The peer's address; the last entry of X-Forwarded-For, which the peer itself wrote, only where the peer is a
 * trusted proxy (V-05). Whatever else the header says was written by the client.
 *
 * @param trusted CIDRs.
 */
export function clientAddress(peer: string, forwarded: string | undefined, trusted: readonly string[]): string {
  const address = canonical(peer);
  if (address === undefined) return peer;
  if (forwarded === undefined || !trusted.some((block) => isWithin(address, block))) return address.toString();
  const last = canonical(forwarded.split(",").at(-1)?.trim() ?? "");
  return (last ?? address).toString();
}

export function sameAddress(a: string, b: string): boolean {
  const [first, second] = [canonical(a), canonical(b)];
  return first !== undefined && second !== undefined && first.toString() === second.toString();
}

function canonical(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  // A link-local peer has a zone, which is not part of its address.
  const bare = text.split("%", 1)[0] ?? "";
  if (!bare.includes(":") || !ipaddr.IPv6.isValid(bare)) return undefined;
  const address = ipaddr.IPv6.parse(bare);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function isWithin(address: Address, block: string): boolean {
  const [base, bits] = ipaddr.parseCIDR(block);
  return base.kind() === address.kind() && address.match(base, bits);
}
