/** Chooses the CIDRs of the private network. Pure. */

import { defined } from "../../base/defined.js";
import type { PrivateMirrorConfig } from "../../config/schema.js";
import { Cidr } from "../../net/cidr.js";
import type { NetworkPlace, OwnNetwork } from "../constructs/network/private-network.js";
import { contains, NARROWEST, overlap, partOf, WIDEST } from "../subnet-blocks.js";
import * as errors from "./errors.js";

type NetworkKey = "vpc_id" | "subnet_ids" | "cidr" | "private_cidrs" | "zones";

const DEFAULT_VPC = "10.72.0.0/16";
/** With interface endpoints in two zones, a service survives the loss of one. */
const SUBNETS = 2;

/**
 * @param place returns where a part was written
 * @throws Fault (exit status 2) for CIDRs that AWS would refuse or that overlap, and for an incomplete existing
 * network.
 */
export function networkPlace(config: PrivateMirrorConfig, place: (part: NetworkKey) => string): NetworkPlace {
  const { vpc_id, subnet_ids } = config;
  if (vpc_id === undefined && subnet_ids === undefined) return ownNetwork(config, place);
  if (vpc_id === undefined || subnet_ids === undefined) {
    throw errors.subnetsNeeded(place(vpc_id === undefined ? "subnet_ids" : "vpc_id"));
  }
  const own = (["cidr", "private_cidrs", "zones"] as const).find((part) => config[part] !== undefined);
  if (own !== undefined) throw errors.ownBlocksOnly(place(own));
  return { kind: "existing", vpcId: vpc_id, subnetIds: subnet_ids, routeTableIds: config.route_table_ids ?? [] };
}

function ownNetwork(config: PrivateMirrorConfig, place: (part: NetworkKey) => string): OwnNetwork {
  const read = (part: NetworkKey, text: string): Cidr => {
    const cidr = Cidr.parse(text);
    if (cidr.prefix >= WIDEST && cidr.prefix <= NARROWEST) return cidr;
    throw errors.badBlock(place(part), text, `AWS takes blocks from /${WIDEST} to /${NARROWEST}`);
  };
  const vpc = read("cidr", config.cidr ?? DEFAULT_VPC);
  const part = (index: number) => {
    const found = partOf(vpc, index);
    if (found === undefined) throw errors.badBlock(place("cidr"), `${vpc}`, "there is no room for two subnets in it");
    return found;
  };
  const subnets =
    config.private_cidrs?.map((text) => read("private_cidrs", text)) ??
    Array.from({ length: SUBNETS }, (_, index) => part(index));
  for (const [index, subnet] of subnets.entries()) {
    const bad = (reason: string) => errors.badBlock(place("private_cidrs"), `${subnet}`, reason);
    if (!contains(vpc, subnet)) throw bad(`it is not within ${vpc}`);
    const other = subnets.slice(0, index).find((before) => overlap(before, subnet));
    if (other !== undefined) throw bad(`it overlaps ${other}`);
  }
  const { zones } = config;
  if (zones !== undefined && zones.length !== subnets.length) {
    throw errors.fewZones(place("zones"), zones.length, subnets.length);
  }
  return defined({ kind: "own", cidr: `${vpc}`, subnets: subnets.map(String), zones });
}
