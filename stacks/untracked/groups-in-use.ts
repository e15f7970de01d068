/**
 * What holds a security group or a subnet that is to be removed: EC2 refuses while anything uses it, and Terraform tries for
 * a quarter of an hour before it says so.
 */
import { DescribeNetworkInterfacesCommand, DescribeSecurityGroupsCommand } from "@aws-sdk/client-ec2";
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import type { LoadedConfig } from "../../config/load.js";
import type { StackName } from "../names.js";
import { managed, readState, type StateFile } from "../terraform/state.js";
import type { PlannedChange } from "../terraform/terraform-log.js";
import * as errors from "./errors.js";
import type { FindOptions } from "./find.js";
import type { GroupUser } from "./group-user.js";
import { type Asking, readMachines, withClient } from "./tagged.js";
import { ENDED } from "./untracked.js";

const HELD: ReadonlySet<string> = new Set(["aws_security_group", "aws_subnet"]);

/**
 * @throws Fault (exit status 5) if the changes remove a group or a subnet of the stack that something outside it uses. If
 * EC2 refuses to answer, there is a note, and Terraform finds out.
 */
export async function refuseGroupsInUse(
  loaded: Pick<LoadedConfig, "config" | "projectDir">,
  stack: StackName,
  changes: readonly PlannedChange[],
  { signal, onNote }: Omit<FindOptions, "env">,
): Promise<void> {
  const removed = changes.filter(({ type, action }) => HELD.has(type) && action === "delete");
  if (removed.length === 0) return;
  const { resources = [] } = (await readState(loaded.projectDir, stack)) ?? ({} as Partial<StateFile>);
  const state = { resources };
  const text = JSON.stringify(resources);
  const idsOf = (held: string) =>
    idsAt(state, new Set(removed.filter(({ type }) => type === held).map(({ address }) => address)));
  // Only EC2 knows the machines of a fleet, and they end with it.
  const fleets = managed(state, "aws_autoscaling_group").map(({ name }) => String(name));
  try {
    const held = { groups: idsOf("aws_security_group"), subnets: idsOf("aws_subnet"), fleets };
    const users = await usersOf(held, defined({ region: loaded.config.region, signal }));
    const foreign = users.filter(({ id }) => !text.includes(JSON.stringify(id)));
    if (foreign.length > 0) throw errors.groupsInUse(foreign);
  } catch (error) {
    if (!(error instanceof Fault) || error.code === "stacks/group-in-use") throw error;
    onNote?.(`not looked for what else uses the security groups and subnets: ${error.message}`);
  }
}

/** Ids of the resources at these addresses. Pure. */
function idsAt({ resources = [] }: Pick<StateFile, "resources">, addresses: ReadonlySet<string>): string[] {
  return resources
    .filter(({ mode, type, name }) => mode === "managed" && addresses.has(`${type}.${name}`))
    .flatMap(({ instances = [] }) => instances.map(({ attributes }) => String(attributes?.id)));
}

interface Held {
  readonly groups: readonly string[];
  readonly subnets: readonly string[];
  /** Names of the groups whose machines end with the stack. */
  readonly fleets: readonly string[];
}

async function usersOf({ groups, subnets, fleets }: Held, asking: Asking): Promise<GroupUser[]> {
  return withClient("ec2:DescribeNetworkInterfaces", asking, async (client, options) => {
    const interfacesOf = async (Name: string, ids: readonly string[]) => {
      if (ids.length === 0) return [];
      const command = new DescribeNetworkInterfacesCommand({ Filters: [{ Name, Values: [...ids] }] });
      return (await client.send(command, options)).NetworkInterfaces ?? [];
    };
    const [inGroups, inSubnets, referring, members] = await Promise.all([
      interfacesOf("group-id", groups),
      interfacesOf("subnet-id", subnets),
      groups.length === 0
        ? { SecurityGroups: [] }
        : client.send(
            new DescribeSecurityGroupsCommand({ Filters: [{ Name: "ip-permission.group-id", Values: [...groups] }] }),
            options,
          ),
      Promise.all(
        fleets.map((fleet) =>
          readMachines(client, { Name: "tag:aws:autoscaling:groupName", Values: [fleet] }, options),
        ),
      ),
    ]);
    const byId = [...inSubnets, ...inGroups].map((each) => [each.NetworkInterfaceId ?? "", each] as const);
    const found = [...new Map(byId).values()];
    const holders = found.flatMap(({ Attachment }) => Attachment?.InstanceId ?? []);
    const attached =
      holders.length === 0 ? [] : await readMachines(client, { Name: "instance-id", Values: holders }, options);
    // They let go of their interfaces by themselves.
    const ending = attached.filter(({ machine }) => ENDED.has(machine?.state ?? ""));
    const machines = new Set([...members.flat(), ...ending].map(({ id }) => id));
    const used = found
      .filter(({ Attachment }) => !machines.has(Attachment?.InstanceId ?? ""))
      .map(({ NetworkInterfaceId: id = "", Attachment, Description, Groups = [], SubnetId = "" }) => ({
        group: Groups.find(({ GroupId = "" }) => groups.includes(GroupId))?.GroupId ?? SubnetId,
        id,
        of: Attachment?.InstanceId ?? (Description || "not attached"),
      }));
    const named = (referring.SecurityGroups ?? []).flatMap(({ GroupId: id = "", IpPermissions = [] }) => {
      const pairs = IpPermissions.flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs);
      const group = pairs.find(({ GroupId = "" }) => groups.includes(GroupId))?.GroupId;
      return group === undefined ? [] : [{ group, id, of: "a rule there names it" }];
    });
    return [...used, ...named].sort((a, b) => (a.id < b.id ? -1 : 1));
  });
}
