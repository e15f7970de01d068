/** Divides a VPC's CIDR into parts. Pure. */
import { Cidr } from "../net/cidr.js";

/** AWS allows /16 to /28, for VPCs and for subnets. */
export const [WIDEST, NARROWEST] = [16, 28] as const;

/**
 * The parts of a /16 are /24, those of a /20 or smaller are /28. @returns undefined if there is no room for the part
 */
export function partOf(vpc: Cidr, index: number): Cidr | undefined {
  const prefix = Math.min(vpc.prefix + 8, NARROWEST);
  if (index >= 2 ** (prefix - vpc.prefix)) return undefined;
  return Cidr.fromNumber(4, vpc.first + (BigInt(index) << BigInt(32 - prefix)), prefix);
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export const overlap = (a: Cidr, b: Cidr): boolean => contains(a, b) || contains(b, a);
