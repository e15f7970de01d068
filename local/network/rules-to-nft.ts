/**
 * Security-group rules as nftables rules. Pure.
 *
 * Promised: a rule lets through what EC2 would let through and nothing more; what cannot be resolved
 * (an unknown group or prefix list, a shape nobody knows) lets nothing through and is reported; the
 * order of the input does not matter and equal rules appear once.
 * Not judged: connection tracking, which the door does (security groups are stateful).
 */
import { isIP } from "node:net";
import type { SecurityRule } from "../emulator/security-rule.js";

/** Addresses behind the names that a rule may use for its peer. */
export interface PeerBook {
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly prefixLists: ReadonlyMap<string, readonly string[]>;
}

export interface NftRules {
  readonly inbound: readonly string[];
  readonly outbound: readonly string[];
  /** Rules that could not be translated, and why. */
  readonly unresolved: readonly string[];
}

export function rulesToNft(rules: readonly SecurityRule[], peers: PeerBook): NftRules {
  const inbound = new Set<string>();
  const outbound = new Set<string>();
  const unresolved = new Set<string>();
  for (const rule of rules) {
    const cidrs = addressesOf(rule, peers);
    if (typeof cidrs === "string") {
      unresolved.add(cidrs);
      continue;
    }
    for (const cidr of cidrs) {
      const line = nftRule(rule, cidr);
      if (line === undefined) unresolved.add(`${rule.id}: no nftables rule for ${rule.protocol} ${cidr}`);
      else (rule.egress ? outbound : inbound).add(line);
    }
  }
  return { inbound: [...inbound].sort(), outbound: [...outbound].sort(), unresolved: [...unresolved].sort() };
}

function addressesOf(rule: SecurityRule, peers: PeerBook): readonly string[] | string {
  const { peer } = rule;
  if (peer.kind === "cidr") return [peer.cidr];
  const book = peer.kind === "group" ? peers.groups : peers.prefixLists;
  return book.get(peer.id) ?? `${rule.id}: ${peer.kind} ${peer.id} is not known`;
}

function nftRule(rule: SecurityRule, cidr: string): string | undefined {
  const [address = "", mask] = cidr.split("/");
  const version = isIP(address);
  const bits = mask === undefined ? (version === 6 ? 128 : 32) : Number(mask);
  if (version === 0 || !Number.isInteger(bits) || bits < 0 || bits > (version === 6 ? 128 : 32)) return undefined;
  const traffic = trafficOf(rule, version);
  if (traffic === undefined) return undefined;
  const family = version === 6 ? "ip6" : "ip";
  const end = rule.egress ? "daddr" : "saddr";
  // nft refuses "ip saddr 0.0.0.0/0"; the family alone says the same.
  const peer = bits === 0 ? `meta nfproto ipv${version}` : `${family} ${end} ${address}/${bits}`;
  const comment = /^[\w-]+$/.test(rule.id) ? ` comment "${rule.id}"` : "";
  return `${[peer, traffic].filter(Boolean).join(" ")} counter accept${comment}`;
}

function trafficOf(rule: SecurityRule, version: number): string | undefined {
  const { protocol, from, to } = rule;
  switch (protocol) {
    case "all":
      return "";
    case "tcp":
    case "udp": {
      if (from === undefined && to === undefined) return `meta l4proto ${protocol}`;
      const first = from ?? 0;
      const last = to ?? 65_535;
      return first > last || last > 65_535
        ? undefined
        : `${protocol} dport ${first === last ? first : `${first}-${last}`}`;
    }
    case "icmp":
    case "icmpv6": {
      // ICMP for the other family matches no packet: leave it out rather than let nft refuse the whole table.
      if ((protocol === "icmp") !== (version === 4)) return undefined;
      if (from === undefined) return `meta l4proto ${protocol === "icmp" ? "icmp" : "ipv6-icmp"}`;
      return `${protocol} type ${from}${to === undefined ? "" : ` ${protocol} code ${to}`}`;
    }
    default:
      return /^\d{1,3}$/.test(protocol) && Number(protocol) < 256 ? `meta l4proto ${Number(protocol)}` : undefined;
  }
}
