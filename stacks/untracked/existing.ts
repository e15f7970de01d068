/** The edge to EC2 for what exists and has no name of its own: machines, security groups and their rules, user data. */
import {
  DescribeInstanceAttributeCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
} from "@aws-sdk/client-ec2";
import { HOST_TAG } from "../names.js";
import type { Existing, GroupRule } from "./import-ids.js";
import { type Asking, withClient } from "./tagged.js";
import type { TaggedResource } from "./untracked.js";

/**
 * @param machines those that are not in the state; of two that claim to be one host, neither is taken
 * @param descriptions of the stack's groups, which contain the deployment's name
 * @param groupIds groups that are in the state already
 */
export async function readExisting(
  machines: readonly TaggedResource[],
  descriptions: readonly string[],
  groupIds: readonly string[],
  asking: Asking,
): Promise<Existing> {
  return withClient("ec2:DescribeSecurityGroups", asking, async (client, options) => {
    const { SecurityGroups = [] } =
      descriptions.length === 0
        ? {}
        : await client.send(
            new DescribeSecurityGroupsCommand({ Filters: [{ Name: "description", Values: [...descriptions] }] }),
            options,
          );
    const groups = unique(SecurityGroups.map(({ Description = "", GroupId = "" }) => [Description, GroupId] as const));
    const all = [...new Set([...groups.values(), ...groupIds])];
    const { SecurityGroupRules = [] } =
      all.length === 0
        ? {}
        : await client.send(
            new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: all }] }),
            options,
          );
    const rules = SecurityGroupRules.map((rule): GroupRule => {
      const peer = rule.CidrIpv4 ?? rule.CidrIpv6 ?? rule.PrefixListId ?? rule.ReferencedGroupInfo?.GroupId ?? "";
      return {
        id: rule.SecurityGroupRuleId ?? "",
        groupId: rule.GroupId ?? "",
        isEgress: rule.IsEgress ?? false,
        protocol: rule.IpProtocol ?? "",
        from: rule.FromPort,
        to: rule.ToPort,
        peer,
      };
    });
    return { groups, rules, machines: unique(machines.map(({ id, tags }) => [tags[HOST_TAG] ?? "", id] as const)) };
  });
}

/** In base64, as Terraform has it; empty without any. */
export async function readUserData(InstanceId: string, asking: Asking): Promise<string> {
  return withClient("ec2:DescribeInstanceAttribute", asking, async (client, options) => {
    const command = new DescribeInstanceAttributeCommand({ InstanceId, Attribute: "userData" });
    return (await client.send(command, options)).UserData?.Value ?? "";
  });
}

/** Only keys that occur once: of two, it is not known which is meant. */
function unique(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  return new Map(pairs.filter(([key]) => key !== "" && pairs.filter(([other]) => other === key).length === 1));
}
