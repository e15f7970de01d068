/**
 * Security-group rules as nftables rules. Pure.
 *
 * A rule admits what EC2 would admit and nothing more. A rule that cannot be translated (an unknown group or prefix
 * list, an unknown protocol) admits nothing and is reported. The order of the input does not matter, and equal rules
 * appear once. Security groups are stateful; connection tracking is left to the host firewall.
 */
import type { Cidr } from "../../net/cidr.js";
import type { InstalledRule } from "../../net/ec2-rules.js";
import { ALL_PROTOCOLS, printSource } from "../../net/ingress-rule.js";
import { LAST_PORT, printPortRange } from "../../net/port-range.js";

/** The rules of security groups, by direction. For an outbound rule, the source means the destination. */
export interface GroupRules {
  readonly inbound: readonly InstalledRule[];
  readonly outbound: readonly InstalledRule[];
}

/** The addresses behind security groups and prefix lists, by id. */
export interface PeerAddresses {
  readonly groups: ReadonlyMap<string, readonly Cidr[]>;
  readonly prefixLists: ReadonlyMap<string, readonly Cidr[]>;
}

export interface NftRules {
  readonly inbound: readonly string[];
  readonly outbound: readonly string[];
  /** Rules that could not be translated, each with the reason. */
  readonly unresolved: readonly string[];
}

export function rulesToNft(rules: GroupRules, peers: PeerAddresses): NftRules {
  const unresolved = new Set<string>();
  const translated = (direction: keyof GroupRules) => {
    const lines = new Set<string>();
    for (const rule of rules[direction]) {
      const cidrs = addressesOf(rule, peers);
      if (cidrs === undefined) {
        unresolved.add(`${rule.id}: ${rule.source.kind} ${printSource(rule.source)} is not known`);
        continue;
      }
      for (const cidr of cidrs) {
        const line = nftRule(rule, cidr, direction === "inbound" ? "saddr" : "daddr");
        if (line === undefined) unresolved.add(`${rule.id}: no nftables rule for ${rule.protocol} ${cidr}`);
        else lines.add(line);
      }
    }
    return [...lines].sort();
  };
  const [inbound, outbound] = [translated("inbound"), translated("outbound")];
  return { inbound, outbound, unresolved: [...unresolved].sort() };
}

function addressesOf({ source }: InstalledRule, { groups, prefixLists }: PeerAddresses): readonly Cidr[] | undefined {
  switch (source.kind) {
    case "cidr":
      return [source.cidr];
    case "security-group":
      return groups.get(source.id);
    case "prefix-list":
      return prefixLists.get(source.id);
    default:
      return undefined;
  }
}

function nftRule(rule: InstalledRule, cidr: Cidr, end: "saddr" | "daddr"): string | undefined {
  const traffic = trafficOf(rule, cidr.family);
  if (traffic === undefined) return undefined;
  const family = cidr.family === 6 ? "ip6" : "ip";
  // nft refuses "ip saddr 0.0.0.0/0". The family alone means the same.
  const peer = cidr.isEverybody ? `meta nfproto ipv${cidr.family}` : `${family} ${end} ${cidr}`;
  const comment = /^[\w-]+$/.test(rule.id) ? ` comment "${rule.id}"` : "";
  return `${[peer, traffic].filter(Boolean).join(" ")} counter accept${comment}`;
}

function trafficOf({ protocol, ports }: InstalledRule, family: 4 | 6): string | undefined {
  const { from, to } = ports;
  switch (protocol) {
    case ALL_PROTOCOLS:
      return "";
    case "tcp":
    case "udp": {
      if (from < 0 && to < 0) return `meta l4proto ${protocol}`;
      const range = { from: Math.max(from, 0), to: to < 0 ? LAST_PORT : to };
      return range.from > range.to || range.to > LAST_PORT ? undefined : `${protocol} dport ${printPortRange(range)}`;
    }
    case "icmp":
    case "icmpv6": {
      // ICMP for the other family matches no packet. Leave it out, since nft would refuse the whole table.
      if ((protocol === "icmp") !== (family === 4)) return undefined;
      if (from < 0) return `meta l4proto ${protocol === "icmp" ? "icmp" : "ipv6-icmp"}`;
      return `${protocol} type ${from}${to < 0 ? "" : ` ${protocol} code ${to}`}`;
    }
    default:
      return /^\d{1,3}$/.test(protocol) && Number(protocol) < 256 ? `meta l4proto ${Number(protocol)}` : undefined;
  }
}
