/** EC2's shapes of rules and entries to ours and back: pure. */
import type { IpPermission, PrefixListEntry as RawEntry, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { defined } from "../base/defined.js";
import type { PrefixListEntry } from "../firewall/security-group/plan-prefix-list.js";
import { Cidr } from "./cidr.js";
import type { LiveRule, LiveSource, MarkedRule } from "./ec2-rule.js";

export function liveRule(raw: SecurityGroupRule): LiveRule {
  return {
    id: raw.SecurityGroupRuleId ?? "",
    protocol: protocolOf(raw.IpProtocol),
    from: raw.FromPort ?? -1,
    to: raw.ToPort ?? -1,
    source: sourceOf(raw),
    description: raw.Description ?? "",
  };
}

/** EC2 names the best-known protocols, but takes their numbers too. */
const NAMES: Readonly<Record<string, string>> = { "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", all: "-1" };

function protocolOf(text = "-1"): string {
  const lower = text.toLowerCase();
  return NAMES[lower] ?? lower;
}

function sourceOf(raw: SecurityGroupRule): LiveSource {
  const block = raw.CidrIpv4 ?? raw.CidrIpv6;
  if (block !== undefined) {
    const cidr = readCidr(block);
    return cidr === undefined ? { kind: "unknown", text: block } : { kind: "cidr", cidr };
  }
  if (raw.PrefixListId !== undefined) return { kind: "prefix-list", id: raw.PrefixListId };
  const id = raw.ReferencedGroupInfo?.GroupId;
  return id === undefined ? { kind: "unknown", text: raw.SecurityGroupRuleId ?? "" } : { kind: "security-group", id };
}

export function entryOf({ Cidr: text = "", Description }: RawEntry): PrefixListEntry {
  return { cidr: readCidr(text), text, description: Description ?? "" };
}

function readCidr(text: string): Cidr | undefined {
  try {
    return Cidr.parse(text);
  } catch {
    return undefined;
  }
}

/** One permission per protocol and ports, with all its sources: the whole is one call. */
export function toPermissions(rules: readonly MarkedRule[]): IpPermission[] {
  const permissions = new Map<string, IpPermission>();
  for (const { rule, description: Description } of rules) {
    const key = `${rule.protocol} ${rule.from} ${rule.to}`;
    const permission =
      permissions.get(key) ??
      defined({
        IpProtocol: rule.protocol,
        FromPort: rule.protocol === "-1" ? undefined : rule.from,
        ToPort: rule.protocol === "-1" ? undefined : rule.to,
      });
    permissions.set(key, permission);
    addSource(permission, rule.source, Description);
  }
  return [...permissions.values()];
}

function addSource(permission: IpPermission, source: LiveSource, Description: string): void {
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
