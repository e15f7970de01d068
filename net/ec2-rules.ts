/** EC2's rules and prefix-list entries, read into values and written back: pure. */
import type { IpPermission, PrefixListEntry as RawEntry, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { defined } from "../base/defined.js";
import { Cidr } from "./cidr.js";
import { ALL_PROTOCOLS, type IngressRule, type RuleSource } from "./ingress-rule.js";

/** A rule with the description that it is to have. */
export interface DescribedRule {
  readonly rule: IngressRule;
  readonly description: string;
}

/** A rule that a security group has. */
export interface InstalledRule extends IngressRule {
  readonly id: string;
  readonly description: string;
}

export interface PrefixListEntry {
  /** undefined where EC2's text is not a canonical block; planners leave such an entry alone. */
  readonly cidr: Cidr | undefined;
  readonly text: string;
  readonly description: string;
}

/** An egress rule reads the same: its source is where packets may go. */
export function readRule(raw: SecurityGroupRule): InstalledRule {
  return {
    id: raw.SecurityGroupRuleId ?? "",
    protocol: readProtocol(raw.IpProtocol),
    ports: { from: raw.FromPort ?? -1, to: raw.ToPort ?? -1 },
    source: readRuleSource(raw),
    description: raw.Description ?? "",
  };
}

export function readEntry({ Cidr: text = "", Description }: RawEntry): PrefixListEntry {
  return { cidr: Cidr.tryParse(text), text, description: Description ?? "" };
}

/** EC2 names the best-known protocols, but takes their numbers too. */
const NAMES: Readonly<Record<string, string>> = {
  "1": "icmp",
  "6": "tcp",
  "17": "udp",
  "58": "icmpv6",
  all: ALL_PROTOCOLS,
};

function readProtocol(text = ALL_PROTOCOLS): string {
  const lower = text.toLowerCase();
  return NAMES[lower] ?? lower;
}

function readRuleSource(raw: SecurityGroupRule): RuleSource {
  const block = raw.CidrIpv4 ?? raw.CidrIpv6;
  if (block !== undefined) {
    const cidr = Cidr.tryParse(block);
    return cidr === undefined ? { kind: "unknown", text: block } : { kind: "cidr", cidr };
  }
  if (raw.PrefixListId !== undefined) return { kind: "prefix-list", id: raw.PrefixListId };
  const id = raw.ReferencedGroupInfo?.GroupId;
  return id === undefined ? { kind: "unknown", text: raw.SecurityGroupRuleId ?? "" } : { kind: "security-group", id };
}

/** One permission per protocol and ports, with all its sources, so that one call carries every rule. */
export function toPermissions(rules: readonly DescribedRule[]): IpPermission[] {
  const permissions = new Map<string, IpPermission>();
  for (const { rule, description: Description } of rules) {
    const { protocol, ports } = rule;
    const key = `${protocol} ${ports.from} ${ports.to}`;
    const permission =
      permissions.get(key) ??
      defined({
        IpProtocol: protocol,
        FromPort: protocol === ALL_PROTOCOLS ? undefined : ports.from,
        ToPort: protocol === ALL_PROTOCOLS ? undefined : ports.to,
      });
    permissions.set(key, permission);
    addSource(permission, rule.source, Description);
  }
  return [...permissions.values()];
}

function addSource(permission: IpPermission, source: RuleSource, Description: string): void {
  if (source.kind === "cidr" && source.cidr.family === 4) {
    permission.IpRanges = [...(permission.IpRanges ?? []), { CidrIp: source.cidr.toString(), Description }];
  } else if (source.kind === "cidr") {
    permission.Ipv6Ranges = [...(permission.Ipv6Ranges ?? []), { CidrIpv6: source.cidr.toString(), Description }];
  } else if (source.kind === "prefix-list") {
    permission.PrefixListIds = [...(permission.PrefixListIds ?? []), { PrefixListId: source.id, Description }];
  } else if (source.kind === "security-group") {
    permission.UserIdGroupPairs = [...(permission.UserIdGroupPairs ?? []), { GroupId: source.id, Description }];
  }
}
