/**
 * One IP address as a value: parsed once, then only compared and printed.
 *
 * The canonical text is its identity: RFC 5952 for IPv6, and an IPv4-mapped IPv6 address is the IPv4
 * address that it maps. Shorthand that C libraries accept (`127.1`, `010.0.0.1`, `0x7f.1`) is no
 * address here, because two readers may take it for two different ones. Neither is an address with a
 * zone (`fe80::1%eth0`), which means something on one machine only.
 */
import ipaddr from "ipaddr.js";

export type Family = 4 | 6;

/** The length of an address in bits. */
export const bitsOf = (family: Family): 32 | 128 => (family === 4 ? 32 : 128);

export class Address {
  readonly family: Family;
  readonly #address: ipaddr.IPv4 | ipaddr.IPv6;
  #number: bigint | undefined;
  #text: string | undefined;

  private constructor(
    address: ipaddr.IPv4 | ipaddr.IPv6,
    /** Whether the text was IPv6 with an IPv4 address inside: `::ffff:203.0.113.7`. */
    readonly wasMapped = false,
  ) {
    this.#address = address;
    this.family = address.kind() === "ipv4" ? 4 : 6;
  }

  /** @returns undefined for text that is not exactly one address. */
  static parse(text: string): Address | undefined {
    if (ipaddr.IPv4.isValidFourPartDecimal(text)) return new Address(ipaddr.IPv4.parse(text));
    if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
    const address = ipaddr.IPv6.parse(text);
    return address.isIPv4MappedAddress() ? new Address(address.toIPv4Address(), true) : new Address(address);
  }

  static fromNumber(family: Family, number: bigint): Address {
    const bits = bitsOf(family);
    const bytes = Array.from({ length: bits / 8 }, (_, index) =>
      Number((number >> BigInt(bits - 8 - index * 8)) & 0xffn),
    );
    return new Address(ipaddr.fromByteArray(bytes));
  }

  /** The address as a number: 203.0.113.7 is 0xcb007107. */
  get number(): bigint {
    this.#number ??= BigInt(`0x${Buffer.from(this.#address.toByteArray()).toString("hex")}`);
    return this.#number;
  }

  /** Reachable over the Internet: not private, shared, reserved, documentation, multicast or tunnelled. */
  get isPublicUnicast(): boolean {
    if (this.#address.range() !== "unicast") return false;
    // IANA has only ever allocated global unicast addresses from 2000::/3.
    return this.family === 4 || this.number >> 125n === 1n;
  }

  /** In 127.0.0.0/8, or ::1. */
  get isLoopback(): boolean {
    return this.#address.range() === "loopback";
  }

  equals(other: Address): boolean {
    return this.family === other.family && this.number === other.number;
  }

  toString(): string {
    this.#text ??= this.#address.toString();
    return this.#text;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Whether a host name or address, with or without a URL's brackets, is this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || Address.parse(host.replace(/^\[(.*)\]$/, "$1"))?.isLoopback === true;
}

/** A host as URLs write it: IPv6 addresses stand in brackets. */
export const hostInUrl = (host: string): string => (host.includes(":") ? `[${host}]` : host);
