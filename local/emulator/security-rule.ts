/** One rule of a security group, as a value: what EC2 says, less what it says only for people. */
import type { SecurityGroupRule } from "@aws-sdk/client-ec2";

export type Peer =
  | { readonly kind: "cidr"; readonly cidr: string }
  | { readonly kind: "group"; readonly id: string }
  | { readonly kind: "prefix-list"; readonly id: string };

export interface SecurityRule {
  readonly id: string;
  readonly egress: boolean;
  /** `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `all`. */
  readonly protocol: string;
  /** First port, or the ICMP type; undefined means any. */
  readonly from: number | undefined;
  /** Last port, or the ICMP code; undefined means any. */
  readonly to: number | undefined;
  readonly peer: Peer;
}

const PROTOCOLS: Readonly<Record<string, string>> = {
  "-1": "all",
  "6": "tcp",
  "17": "udp",
  "1": "icmp",
  "58": "icmpv6",
};

/** @returns undefined for a rule that names no peer at all: it lets nobody in. */
export function securityRule(raw: SecurityGroupRule): SecurityRule | undefined {
  const peer = peerOf(raw);
  if (peer === undefined) return undefined;
  const said = String(raw.IpProtocol ?? "-1").toLowerCase();
  return {
    id: raw.SecurityGroupRuleId ?? "",
    egress: raw.IsEgress === true,
    protocol: PROTOCOLS[said] ?? said,
    from: portOf(raw.FromPort),
    to: portOf(raw.ToPort),
    peer,
  };
}

function peerOf(raw: SecurityGroupRule): Peer | undefined {
  const cidr = raw.CidrIpv4 ?? raw.CidrIpv6;
  if (cidr !== undefined && cidr !== "") return { kind: "cidr", cidr };
  if (raw.PrefixListId !== undefined) return { kind: "prefix-list", id: raw.PrefixListId };
  const group = raw.ReferencedGroupInfo?.GroupId;
  return group === undefined ? undefined : { kind: "group", id: group };
}

function portOf(value: number | undefined): number | undefined {
  return value === undefined || value < 0 ? undefined : value;
}
