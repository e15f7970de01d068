/** Reads back from EC2 the rules that guard an instance, with the addresses behind groups and prefix lists. */
import {
  DescribeNetworkInterfacesCommand,
  type EC2Client,
  GetManagedPrefixListEntriesCommand,
  paginateDescribeSecurityGroupRules,
} from "@aws-sdk/client-ec2";
import type { PeerBook } from "../network/rules-to-nft.js";
import { type SecurityRule, securityRule } from "./security-rule.js";

export async function readSecurityRules(ec2: EC2Client, groups: readonly string[]): Promise<SecurityRule[]> {
  // An empty filter would mean every group of the account.
  if (groups.length === 0) return [];
  const rules: SecurityRule[] = [];
  const filter = { Filters: [{ Name: "group-id", Values: [...groups] }] };
  for await (const page of paginateDescribeSecurityGroupRules({ client: ec2 }, filter)) {
    for (const raw of page.SecurityGroupRules ?? []) {
      const rule = securityRule(raw);
      if (rule !== undefined) rules.push(rule);
    }
  }
  return rules;
}

/** Looks up what the rules name instead of addresses. */
export async function readPeers(ec2: EC2Client, rules: readonly SecurityRule[]): Promise<PeerBook> {
  const groups = new Map<string, string[]>();
  const prefixLists = new Map<string, string[]>();
  for (const { peer } of rules) {
    if (peer.kind === "group" && !groups.has(peer.id)) groups.set(peer.id, await membersOf(ec2, peer.id));
    if (peer.kind === "prefix-list" && !prefixLists.has(peer.id)) {
      const list = await ec2
        .send(new GetManagedPrefixListEntriesCommand({ PrefixListId: peer.id }))
        .catch(() => undefined);
      if (list !== undefined)
        prefixLists.set(
          peer.id,
          (list.Entries ?? []).flatMap((entry) => entry.Cidr ?? []),
        );
    }
  }
  return { groups, prefixLists };
}

async function membersOf(ec2: EC2Client, group: string): Promise<string[]> {
  const filter = { Filters: [{ Name: "group-id", Values: [group] }] };
  const answer = await ec2.send(new DescribeNetworkInterfacesCommand(filter));
  return (answer.NetworkInterfaces ?? []).flatMap((link) => [
    ...(link.PrivateIpAddresses ?? []).flatMap((entry) => entry.PrivateIpAddress ?? []),
    ...(link.Ipv6Addresses ?? []).flatMap((entry) => entry.Ipv6Address ?? []),
  ]);
}
