/** The machines of a fleet. Only EC2 knows them. */
import { DescribeInstancesCommand, EC2Client, type Instance } from "@aws-sdk/client-ec2";
import { awsConnection } from "../../http/client/aws.js";
import * as errors from "./errors.js";
import type { DeployedFleet, DeployedHost } from "./outputs.js";

/** Auto Scaling's own tag: only AWS can set tags that begin with `aws:`. */
const GROUP_TAG = "tag:aws:autoscaling:groupName";

/**
 * The machines that run or are starting, ordered by age and then by id.
 *
 * @throws Fault `stacks/fleet-unknown` if EC2 does not answer.
 */
export async function readMembers(fleet: DeployedFleet, signal?: AbortSignal): Promise<DeployedHost[]> {
  const client = new EC2Client({
    region: fleet.region,
    maxAttempts: 5,
    ...awsConnection(),
  });
  const Filters = [
    { Name: GROUP_TAG, Values: [fleet.autoscaling_group_name] },
    { Name: "instance-state-name", Values: ["pending", "running"] },
  ];
  const instances: Instance[] = [];
  try {
    let NextToken: string | undefined;
    do {
      const page = await client.send(
        new DescribeInstancesCommand({ Filters, NextToken, MaxResults: 1_000 }),
        signal === undefined ? {} : { abortSignal: signal },
      );
      instances.push(...(page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances));
      NextToken = page.NextToken;
    } while (NextToken);
  } catch (error) {
    throw errors.fleetUnknown(fleet.autoscaling_group_name, error);
  } finally {
    client.destroy();
  }
  return instances.sort(byAge).map((instance) => memberOf(fleet, instance));
}

/** Pure: a fleet member as a deployed host. */
export function memberOf(fleet: DeployedFleet, instance: Instance): DeployedHost {
  const { InstanceId: id = "", PublicIpAddress: public_ip = "", PrivateIpAddress: private_ip = "" } = instance;
  const address = fleet.private_address || public_ip === "" ? private_ip : public_ip;
  return {
    name: id,
    instance_id: id,
    public_ip,
    private_ip,
    agent_url: fleet.agent_scheme === "" ? "" : `${fleet.agent_scheme}://${address}`,
    ssh_user: fleet.ssh_user,
    ssh_command: fleet.ssh_command.replace("ADDRESS", address),
    kind: "new",
    instance_type: instance.InstanceType ?? "",
    spot: instance.InstanceLifecycle === "spot",
    // The group replaces a machine that stops or ends: `fleet` decides how many there are.
    stop_mode: "keep",
  };
}

function byAge(a: Instance, b: Instance): number {
  const [from, to] = [a.LaunchTime?.getTime() ?? 0, b.LaunchTime?.getTime() ?? 0];
  return from - to || ((a.InstanceId ?? "") < (b.InstanceId ?? "") ? -1 : 1);
}
