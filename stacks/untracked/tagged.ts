/** The edge to EC2 for resources by their tags. */
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
  type Filter,
  type Tag,
  TerminateInstancesCommand,
  waitUntilInstanceTerminated,
} from "@aws-sdk/client-ec2";
import { defined } from "../../base/defined.js";
import * as faults from "../../firewall/security-group/aws-faults.js";
import { awsConnection } from "../../http/client/aws.js";
import { DEPLOYMENT_TAG } from "../names.js";
import type { TaggedResource } from "./untracked.js";

export interface Asking {
  readonly region: string;
  readonly signal?: AbortSignal;
}

/** What costs or takes a name, of everything with this tag. Volumes of machines come and go with these. */
export async function readTagged(
  key: string,
  value: string,
  /** Names of key pairs: EC2 cannot be asked for them by tags everywhere. */
  keyNames: readonly string[],
  asking: Asking,
): Promise<TaggedResource[]> {
  return withClient("ec2:Describe*", asking, async (client, options) => {
    const tag = { Name: `tag:${key}`, Values: [value] };
    const unattached = { Name: "status", Values: ["available"] };
    const [machines, pairs, groups, addresses, endpoints, volumes] = await Promise.all([
      readMachines(client, tag, options),
      keyNames.length === 0 ? [] : readPairs(client, keyNames, options),
      client.send(new DescribeSecurityGroupsCommand({ Filters: [tag] }), options),
      client.send(new DescribeAddressesCommand({ Filters: [tag] }), options),
      client.send(new DescribeVpcEndpointsCommand({ Filters: [tag] }), options),
      client.send(new DescribeVolumesCommand({ Filters: [tag, unattached] }), options),
    ]);
    return [
      ...machines,
      ...pairs.filter(({ tags }) => tags[key] === value),
      ...listed("security-group", groups.SecurityGroups, ({ GroupId }) => GroupId),
      ...listed("elastic-ip", addresses.Addresses, ({ AllocationId }) => AllocationId),
      ...listed("vpc-endpoint", endpoints.VpcEndpoints, ({ VpcEndpointId }) => VpcEndpointId),
      ...listed("volume", volumes.Volumes, ({ VolumeId }) => VolumeId),
    ];
  });
}

/** What makes a deployment's name taken: its machines, and its key pair. */
export async function readDeployment(deployment: string, asking: Asking): Promise<TaggedResource[]> {
  return withClient("ec2:DescribeInstances", asking, async (client, options) => {
    const found = await Promise.all([
      readMachines(client, { Name: `tag:${DEPLOYMENT_TAG}`, Values: [deployment] }, options),
      readPairs(client, [deployment], options),
    ]);
    return found.flat();
  });
}

/** Ends machines, and waits until they have ended. */
export async function terminate(InstanceIds: string[], asking: Asking): Promise<void> {
  await withClient("ec2:TerminateInstances", asking, async (client, options) => {
    await client.send(new TerminateInstancesCommand({ InstanceIds }), options);
    await waitUntilInstanceTerminated(
      { client, maxWaitTime: 600, minDelay: 1, maxDelay: 10, ...options },
      { InstanceIds },
    );
  });
}

type SendOptions = { readonly abortSignal?: AbortSignal };

/** Instances of any state. */
export async function readMachines(client: EC2Client, filter: Filter, options: SendOptions) {
  const machines: TaggedResource[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new DescribeInstancesCommand({ Filters: [filter], NextToken }), options);
    for (const raw of (page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances)) {
      const { InstanceId: id = "", InstanceType: type = "", State, LaunchTime: startedAt, Tags } = raw;
      const machine = defined({ type, state: State?.Name ?? "", startedAt });
      machines.push({ id, type: "instance", tags: tagsOf(Tags), machine });
    }
    NextToken = page.NextToken;
  } while (NextToken);
  return machines;
}

async function readPairs(client: EC2Client, names: readonly string[], options: SendOptions): Promise<TaggedResource[]> {
  const Filters = [{ Name: "key-name", Values: [...names] }];
  const { KeyPairs } = await client.send(new DescribeKeyPairsCommand({ Filters }), options);
  return listed("key-pair", KeyPairs, ({ KeyPairId }) => KeyPairId);
}

function listed<T extends { Tags?: Tag[] | undefined }>(
  type: string,
  items: readonly T[] = [],
  idOf: (item: T) => string | undefined,
): TaggedResource[] {
  return items.map((item) => ({ id: idOf(item) ?? "", type, tags: tagsOf(item.Tags) }));
}

function tagsOf(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = [],
): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** Errors of EC2 become faults that name the action. */
export async function withClient<T>(
  action: string,
  { region, signal }: Asking,
  work: (client: EC2Client, options: SendOptions) => Promise<T>,
): Promise<T> {
  const client = new EC2Client({
    region,
    maxAttempts: 4,
    ...awsConnection(),
  });
  try {
    return await work(client, defined({ abortSignal: signal }));
  } catch (error) {
    throw faults.of(error, action);
  } finally {
    client.destroy();
  }
}
