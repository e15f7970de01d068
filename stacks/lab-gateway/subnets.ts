/** Chooses the CIDRs of the lab and its gateway. Pure. */

import { defined } from "../../base/defined.js";
import type { LabGatewayConfig } from "../../config/schema.js";
import { Cidr } from "../../net/cidr.js";
import type { LabBlocks } from "../constructs/network/lab-network.js";
import { contains, NARROWEST, overlap, partOf, WIDEST } from "../subnet-blocks.js";
import * as errors from "./errors.js";

type LabBlockKey = "cidr" | "public_cidr" | "private_cidrs";

const DEFAULT_VPC = "10.71.0.0/16";

/**
 * The subnets get the first two /24 of a /16, or the first two /28 of a /20.
 *
 * @param place returns where a part was written
 * @throws Fault (exit status 2) for CIDRs that AWS would refuse or that overlap.
 */
export function labBlocks(config: LabGatewayConfig, place: (part: LabBlockKey) => string): LabBlocks {
  const read = (part: LabBlockKey, text: string): Cidr => {
    const cidr = Cidr.parse(text);
    if (cidr.prefix < WIDEST || cidr.prefix > NARROWEST) {
      throw errors.badLabBlock(place(part), text, `AWS takes blocks from /${WIDEST} to /${NARROWEST}`);
    }
    return cidr;
  };
  const isOwn = config.vpc_id === undefined;
  if (!isOwn) {
    if (config.cidr !== undefined)
      throw errors.badLabBlock(place("cidr"), config.cidr, "vpc_id names a VPC that has a block");
    if (config.public_cidr === undefined || config.private_cidrs === undefined) throw errors.labBlocksNeeded();
  }
  const vpc = read("cidr", config.cidr ?? DEFAULT_VPC);
  const part = (index: number) => {
    const found = partOf(vpc, index);
    if (found === undefined)
      throw errors.badLabBlock(place("cidr"), `${vpc}`, "there is no room for two subnets in it");
    return `${found}`;
  };
  const open = read("public_cidr", config.public_cidr ?? part(0));
  const lab = (config.private_cidrs ?? [part(1)]).map((text) => read("private_cidrs", text));
  const all = [
    { part: "public_cidr" as const, cidr: open },
    ...lab.map((cidr) => ({ part: "private_cidrs" as const, cidr })),
  ];
  for (const [index, { part: where, cidr }] of all.entries()) {
    if (isOwn && !contains(vpc, cidr)) throw errors.badLabBlock(place(where), `${cidr}`, `it is not within ${vpc}`);
    const other = all.slice(0, index).find((before) => overlap(before.cidr, cidr));
    if (other !== undefined) throw errors.badLabBlock(place(where), `${cidr}`, `it overlaps ${other.cidr}`);
  }
  return defined({ vpc: isOwn ? `${vpc}` : undefined, public: `${open}`, private: lab.map(String) });
}

/**
 * The CIDRs of a lab within a private network. The network's own subnets are its first parts; the lab gets the third,
 * unless the configuration names others.
 *
 * @param network CIDR of the network
 * @throws Fault (exit status 2) for CIDRs outside it or that overlap, and for a network that was given twice.
 */
export function labBlocksWithin(network: string, config: LabGatewayConfig, place: (part: string) => string): LabBlocks {
  const other = (["vpc_id", "cidr", "public_cidr"] as const).find((part) => config[part] !== undefined);
  if (other !== undefined) {
    throw errors.badLabBlock(place(other), config[other] ?? "", "network: private-mirror names the network already");
  }
  const vpc = Cidr.parse(network);
  const third = config.private_cidrs === undefined ? partOf(vpc, 2) : undefined;
  const lab = config.private_cidrs?.map((text) => Cidr.parse(text)) ?? (third === undefined ? [] : [third]);
  if (lab.length === 0)
    throw errors.badLabBlock(place("private_cidrs"), network, "there is no room for a third subnet");
  for (const [index, cidr] of lab.entries()) {
    const bad = (reason: string) => errors.badLabBlock(place("private_cidrs"), `${cidr}`, reason);
    if (!contains(vpc, cidr)) throw bad(`it is not within ${vpc}`);
    const twin = lab.slice(0, index).find((before) => overlap(before, cidr));
    if (twin !== undefined) throw bad(`it overlaps ${twin}`);
  }
  return { private: lab.map(String) };
}
