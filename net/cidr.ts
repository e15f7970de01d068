/**
 * A block of addresses as a value: parsed and checked once, compared and printed ever after.
 *
 * Canonical text is its identity. An IPv4-mapped IPv6 address is the IPv4 address it maps; a single
 * host is /32 or /128, written out. Shorthand that C libraries accept (`127.1`, `010.0.0.1`, `0x7f.1`)
 * is refused, since two readers may take it for two different addresses.
 */
import ipaddr from "ipaddr.js";
import * as errors from "./errors.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

export class Cidr {
  readonly family: 4 | 6;
  /** Number of the first address. */
  readonly first: bigint;
  readonly #network: Address;

  private constructor(
    address: Address,
    /** Length of the mask in bits. */
    readonly prefix: number,
  ) {
    this.#network = address;
    this.family = address.kind() === "ipv4" ? 4 : 6;
    this.first = BigInt(`0x${Buffer.from(address.toByteArray()).toString("hex")}`);
  }

  /**
   * One block with its mask: `203.0.113.0/24`, `2001:db8::/32`.
   *
   * @throws Fault if the mask is missing or host bits are set; nothing is rounded silently.
   */
  static parse(text: string): Cidr {
    const slash = text.indexOf("/");
    if (slash === -1) throw errors.noMask(text, Cidr.host(text).toString());
    const { address, mapped } = parseAddress(text.slice(0, slash), text);
    const most = bitsOf(address);
    const digits = text.slice(slash + 1);
    const written = /^(?:0|[1-9]\d{0,2})$/.test(digits) ? Number(digits) : -1;
    // The mask of ::ffff:203.0.113.0/120 counts the 96 bits in front of the IPv4 address.
    const prefix = mapped ? written - 96 : written;
    if (prefix < 0 || prefix > most) throw errors.badMask(text, mapped ? 128 : most);
    const cidr = new Cidr(address, prefix);
    const network = networkOf(address, prefix);
    if (network.toString() !== address.toString()) {
      throw errors.hostBits(text, new Cidr(network, prefix).toString(), new Cidr(address, most).toString());
    }
    return cidr;
  }

  /**
   * As {@link parse}, but host bits are cleared, and a warning names both texts: `10.1.0.2/16` → `10.1.0.0/16`.
   *
   * @throws Fault if that would make everybody of somebody: `203.0.113.7/0` is a slip, not a wish.
   */
  static canonical(text: string): { readonly cidr: Cidr; readonly warning?: string } {
    const slash = text.indexOf("/");
    const [, digits] = /\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
    if (slash === -1 || digits === undefined) return { cidr: Cidr.parse(text) };
    const { address, mapped } = parseAddress(text.slice(0, slash), text);
    const prefix = Number(digits) - (mapped ? 96 : 0);
    if (prefix <= 0 || prefix > bitsOf(address)) return { cidr: Cidr.parse(text) };
    const network = networkOf(address, prefix);
    const suffix = text.slice(slash);
    if (network.toString() === address.toString()) return { cidr: Cidr.parse(text) };
    const cidr = new Cidr(network, prefix);
    return { cidr, warning: `${JSON.stringify(text)} has bits set outside its mask ${suffix}: read as "${cidr}"` };
  }

  /** The block of `prefix` bits that begins at a number: how sets of addresses become blocks again. */
  static fromNumber(family: 4 | 6, first: bigint, prefix: number): Cidr {
    const bits = family === 4 ? 32 : 128;
    const bytes = Array.from({ length: bits / 8 }, (_, index) =>
      Number((first >> BigInt(bits - 8 - index * 8)) & 0xffn),
    );
    return new Cidr(networkOf(ipaddr.fromByteArray(bytes), prefix), prefix);
  }

  /** One address as the block that holds only it. */
  static host(text: string): Cidr {
    const { address } = parseAddress(text, text);
    return new Cidr(address, bitsOf(address));
  }

  /** An address or a block, as people write callers. */
  static of(text: string): Cidr {
    return text.includes("/") ? Cidr.parse(text) : Cidr.host(text);
  }

  /** Address part of the canonical text: `203.0.113.7`. */
  get address(): string {
    return this.#network.toString();
  }

  /** Reachable over the Internet: not private, shared, reserved, documentation, multicast or tunnelled. */
  get isPublicUnicast(): boolean {
    if (this.#network.range() !== "unicast") return false;
    // Only 2000::/3 of IPv6 has ever been given out as global unicast.
    return this.family === 4 || ((this.#network.toByteArray()[0] ?? 0) & 0xe0) === 0x20;
  }

  /** Number of the last address. */
  get last(): bigint {
    return this.first + (1n << BigInt((this.family === 4 ? 32 : 128) - this.prefix)) - 1n;
  }

  /** Whether every address of the other block is in this one. */
  contains(other: Cidr): boolean {
    return this.family === other.family && this.prefix <= other.prefix && this.first === other.#maskedTo(this.prefix);
  }

  get isEverybody(): boolean {
    return this.prefix === 0;
  }

  equals(other: Cidr): boolean {
    return this.toString() === other.toString();
  }

  #maskedTo(prefix: number): bigint {
    const free = BigInt((this.family === 4 ? 32 : 128) - prefix);
    return (this.first >> free) << free;
  }

  toString(): string {
    return `${this.address}/${this.prefix}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** IPv4 before IPv6, then by number: the same set always prints the same way. */
export function compareCidrs(a: Cidr, b: Cidr): number {
  return a.family - b.family || compareAddresses(a.address, b.address) || a.prefix - b.prefix;
}

/** Sorted, each once. */
export function uniqueCidrs(cidrs: readonly Cidr[]): Cidr[] {
  return [...new Map(cidrs.map((cidr) => [cidr.toString(), cidr])).values()].sort(compareCidrs);
}

function compareAddresses(a: string, b: string): number {
  return Buffer.compare(Buffer.from(ipaddr.parse(a).toByteArray()), Buffer.from(ipaddr.parse(b).toByteArray()));
}

function parseAddress(text: string, shown: string): { address: Address; mapped: boolean } {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return { address: ipaddr.IPv4.parse(text), mapped: false };
  // A zone (fe80::1%eth0) has a meaning on one machine only.
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) throw errors.notAnAddress(shown);
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress()
    ? { address: address.toIPv4Address(), mapped: true }
    : { address, mapped: false };
}

function bitsOf(address: Address): number {
  return address.kind() === "ipv4" ? 32 : 128;
}

function networkOf(address: Address, prefix: number): Address {
  const bytes = address.toByteArray().map((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefix - index * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return ipaddr.fromByteArray(bytes);
}
