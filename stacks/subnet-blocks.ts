/** Parts of a VPC's block of addresses. Pure. */
import { Cidr } from "../net/cidr.js";

/** AWS takes blocks from /16 to /28, for VPCs and for subnets. */
export const [WIDEST, NARROWEST] = [16, 28] as const;

/** Of a /16 the parts are /24, of a /20 and smaller /28. @returns undefined where there is no room for the part */
export function partOf(vpc: Cidr, index: number): Cidr | undefined {
  const prefix = Math.min(vpc.prefix + 8, NARROWEST);
  if (index >= 2 ** (prefix - vpc.prefix)) return undefined;
  return Cidr.fromNumber(4, vpc.first + (BigInt(index) << BigInt(32 - prefix)), prefix);
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

export const overlap = (a: Cidr, b: Cidr): boolean => contains(a, b) || contains(b, a);
