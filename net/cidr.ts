/**
 * A block of addresses as a value: parsed and checked once, then only compared and printed.
 *
 * The canonical text is its identity. A single host is /32 or /128, written out.
 */
import { Address, bitsOf, type Family } from "./address.js";
import * as errors from "./errors.js";

export class Cidr {
  readonly #network: Address;

  private constructor(
    network: Address,
    /** Length of the mask in bits. */
    readonly prefix: number,
  ) {
    this.#network = network;
  }

  /**
   * One block with its mask: `203.0.113.0/24`, `2001:db8::/32`.
   *
   * @throws Fault if the mask is missing or host bits are set; nothing is rounded silently.
   */
  static parse(text: string): Cidr {
    const { address, prefix } = readBlock(text);
    const network = networkOf(address, prefix);
    if (network.equals(address)) return new Cidr(network, prefix);
    throw errors.hostBits(text, `${network}/${prefix}`, `${address}/${bitsOf(address.family)}`);
  }

  /**
   * As {@link parse}, but host bits are cleared, and a warning names both texts: `10.1.0.2/16` → `10.1.0.0/16`.
   *
   * @throws Fault if clearing them would let everybody in: `203.0.113.7/0` is a slip.
   */
  static canonical(text: string): { readonly cidr: Cidr; readonly warning?: string } {
    const { address, prefix, suffix } = readBlock(text);
    const cidr = new Cidr(networkOf(address, prefix), prefix);
    if (prefix === 0 || cidr.#network.equals(address)) return { cidr: Cidr.parse(text) };
    return { cidr, warning: `${JSON.stringify(text)} has bits set outside its mask ${suffix}: read as "${cidr}"` };
  }

  /** The block of `prefix` bits around an address, whatever its host bits. */
  static around(address: Address, prefix: number): Cidr {
    return new Cidr(networkOf(address, prefix), prefix);
  }

  /** The block of `prefix` bits that begins at a number: turns sets of addresses back into blocks. */
  static fromNumber(family: Family, first: bigint, prefix: number): Cidr {
    return Cidr.around(Address.fromNumber(family, first), prefix);
  }

  /**
   * One address as the block that holds only it.
   *
   * @throws Fault if the text is not an address.
   */
  static host(text: string): Cidr {
    const address = Address.parse(text);
    if (address === undefined) throw errors.notAnAddress(text);
    return Cidr.ofAddress(address);
  }

  static ofAddress(address: Address): Cidr {
    return new Cidr(address, bitsOf(address.family));
  }

  /**
   * An address or a block, as people write callers.
   *
   * @throws Fault as {@link parse} and {@link host} do.
   */
  static of(text: string): Cidr {
    return text.includes("/") ? Cidr.parse(text) : Cidr.host(text);
  }

  /** As {@link parse}, for text that may be something else. */
  static tryParse(text: string): Cidr | undefined {
    try {
      return Cidr.parse(text);
    } catch {
      return undefined;
    }
  }

  /** As {@link of}, for text that may be something else. */
  static tryOf(text: string): Cidr | undefined {
    if (text.includes("/")) return Cidr.tryParse(text);
    const address = Address.parse(text);
    return address === undefined ? undefined : Cidr.ofAddress(address);
  }

  get family(): Family {
    return this.#network.family;
  }

  /** Address part of the canonical text: `203.0.113.7`. */
  get address(): string {
    return this.#network.toString();
  }

  /** Whether the network address is reachable over the Internet. */
  get isPublicUnicast(): boolean {
    return this.#network.isPublicUnicast;
  }

  /** Number of the first address. */
  get first(): bigint {
    return this.#network.number;
  }

  /** Number of the last address. */
  get last(): bigint {
    return this.first + (1n << BigInt(bitsOf(this.family) - this.prefix)) - 1n;
  }

  /** Whether the address, or every address of the other block, is in this one. */
  contains(other: Cidr | Address): boolean {
    if (other instanceof Address) {
      return this.family === other.family && this.first <= other.number && other.number <= this.last;
    }
    return this.family === other.family && this.first <= other.first && other.last <= this.last;
  }

  get isEverybody(): boolean {
    return this.prefix === 0;
  }

  equals(other: Cidr): boolean {
    return this.prefix === other.prefix && this.#network.equals(other.#network);
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
  if (a.family !== b.family) return a.family - b.family;
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.prefix - b.prefix;
}

/** Sorted, each once. */
export function uniqueCidrs(cidrs: readonly Cidr[]): Cidr[] {
  return [...new Map(cidrs.map((cidr) => [cidr.toString(), cidr])).values()].sort(compareCidrs);
}

function readBlock(text: string): { address: Address; prefix: number; suffix: string } {
  const slash = text.indexOf("/");
  if (slash === -1) throw errors.noMask(text, Cidr.host(text).toString());
  const address = Address.parse(text.slice(0, slash));
  if (address === undefined) throw errors.notAnAddress(text);
  const suffix = text.slice(slash);
  const written = /^\/(?:0|[1-9]\d{0,2})$/.test(suffix) ? Number(suffix.slice(1)) : -1;
  // The mask of ::ffff:203.0.113.0/120 counts the 96 bits in front of the IPv4 address.
  const prefix = address.wasMapped ? written - 96 : written;
  const bits = bitsOf(address.family);
  if (prefix < 0 || prefix > bits) throw errors.badMask(text, address.wasMapped ? 128 : bits);
  return { address, prefix, suffix };
}

function networkOf(address: Address, prefix: number): Address {
  const free = BigInt(bitsOf(address.family) - prefix);
  const first = (address.number >> free) << free;
  return first === address.number ? address : Address.fromNumber(address.family, first);
}
