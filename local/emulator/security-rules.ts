/** Reads an instance's security-group rules from EC2, with the addresses behind groups and prefix lists. */
import {
  DescribeNetworkInterfacesCommand,
  type EC2Client,
  GetManagedPrefixListEntriesCommand,
  paginateDescribeSecurityGroupRules,
} from "@aws-sdk/client-ec2";
import { Cidr } from "../../net/cidr.js";
import { type InstalledRule, readEntry, readRule } from "../../net/ec2-rules.js";
import type { GroupRules, PeerAddresses } from "../network/rules-to-nft.js";

export async function readSecurityRules(ec2: EC2Client, groups: readonly string[]): Promise<GroupRules> {
  const rules = { inbound: [] as InstalledRule[], outbound: [] as InstalledRule[] };
  // An empty filter would match every group of the account.
  if (groups.length === 0) return rules;
  const filter = { Filters: [{ Name: "group-id", Values: [...groups] }] };
  for await (const page of paginateDescribeSecurityGroupRules({ client: ec2 }, filter)) {
    for (const raw of page.SecurityGroupRules ?? []) {
      (raw.IsEgress === true ? rules.outbound : rules.inbound).push(readRule(raw));
    }
  }
  return rules;
}

/** Looks up the groups and prefix lists that rules name as sources. */
export async function readPeers(ec2: EC2Client, { inbound, outbound }: GroupRules): Promise<PeerAddresses> {
  const groups = new Map<string, Cidr[]>();
  const prefixLists = new Map<string, Cidr[]>();
  for (const { source } of [...inbound, ...outbound]) {
    if (source.kind === "security-group" && !groups.has(source.id)) {
      groups.set(source.id, await membersOf(ec2, source.id));
    }
    if (source.kind === "prefix-list" && !prefixLists.has(source.id)) {
      const list = await ec2
        .send(new GetManagedPrefixListEntriesCommand({ PrefixListId: source.id }))
        .catch(() => undefined);
      if (list === undefined) continue;
      prefixLists.set(
        source.id,
        (list.Entries ?? []).flatMap((entry) => readEntry(entry).cidr ?? []),
      );
    }
  }
  return { groups, prefixLists };
}

async function membersOf(ec2: EC2Client, group: string): Promise<Cidr[]> {
  const filter = { Filters: [{ Name: "group-id", Values: [group] }] };
  const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand(filter));
  return NetworkInterfaces.flatMap(({ PrivateIpAddresses = [], Ipv6Addresses = [] }) => [
    ...PrivateIpAddresses.map(({ PrivateIpAddress }) => PrivateIpAddress),
    ...Ipv6Addresses.map(({ Ipv6Address }) => Ipv6Address),
  ]).flatMap((text) => (text === undefined ? [] : Cidr.host(text)));
}
