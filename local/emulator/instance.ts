/** The emulator's record of one instance: everything needed to boot it. */
import {
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  type Instance,
  type InstanceNetworkInterface,
} from "@aws-sdk/client-ec2";
import { instanceMissing } from "../errors.js";

/** A secondary network interface. */
export interface InterfaceFacts {
  /** 1 or more. */
  readonly deviceNumber: number;
  readonly interfaceId: string;
  readonly mac: string;
  readonly privateIp: string;
  readonly subnetId: string;
  /** CIDR of its subnet. */
  readonly cidr: string;
  readonly securityGroups: readonly { readonly id: string; readonly name: string }[];
}

export interface InstanceFacts {
  readonly instanceId: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly architecture: string;
  readonly accountId: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly launchTime: string;
  readonly privateIp: string;
  readonly publicIp: string;
  readonly hostname: string;
  readonly publicHostname: string;
  readonly mac: string;
  readonly interfaceId: string;
  readonly subnetId: string;
  readonly vpcId: string;
  /** Groups of the primary network interface: the emulator sometimes leaves the instance's own list empty. */
  readonly securityGroups: readonly { readonly id: string; readonly name: string }[];
  /** Ordered by device number. */
  readonly furtherInterfaces: readonly InterfaceFacts[];
  readonly key: { readonly name: string; readonly openssh: string } | undefined;
  readonly userData: Buffer | undefined;
  readonly profileArn: string | undefined;
  readonly tokensRequired: boolean;
  /** The login user that the image's makers chose. */
  readonly defaultUser: string;
}

/** A client for the emulator that ignores the user's own profiles. */
export function emulatorEc2(env: Readonly<Record<string, string>>): EC2Client {
  return new EC2Client({
    endpoint: env.AWS_ENDPOINT_URL ?? "",
    region: env.AWS_REGION ?? "us-east-1",
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID ?? "", secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "" },
  });
}

export async function readInstance(ec2: EC2Client, id: string): Promise<InstanceFacts> {
  const answer = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] })).catch((error: Error) => {
    if (error.name.startsWith("InvalidInstanceID")) throw instanceMissing(id);
    throw error;
  });
  const reservation = answer.Reservations?.[0];
  const instance = reservation?.Instances?.[0];
  if (instance?.PrivateIpAddress === undefined) throw instanceMissing(id);
  const [link, ...further] = linksOf(instance);
  const zone = instance.Placement?.AvailabilityZone ?? "us-east-1a";
  return {
    instanceId: id,
    imageId: instance.ImageId ?? "",
    instanceType: instance.InstanceType ?? "",
    architecture: instance.Architecture ?? "x86_64",
    accountId: link?.OwnerId ?? reservation?.OwnerId ?? "123456789012",
    region: zone.replace(/[a-z]$/, ""),
    availabilityZone: zone,
    launchTime: (instance.LaunchTime ?? new Date(0)).toISOString().replace(/\.\d+Z$/, "Z"),
    privateIp: instance.PrivateIpAddress,
    // The address is associated with the interface; the emulator does not report it on the instance.
    publicIp: link?.Association?.PublicIp ?? instance.PublicIpAddress ?? "",
    hostname: instance.PrivateDnsName ?? id,
    publicHostname: instance.PublicDnsName ?? "",
    mac: link?.MacAddress ?? "02:00:00:00:00:01",
    interfaceId: link?.NetworkInterfaceId ?? "",
    subnetId: instance.SubnetId ?? "",
    vpcId: instance.VpcId ?? "",
    securityGroups: groupsOf(link?.Groups ?? instance.SecurityGroups),
    furtherInterfaces: await Promise.all(further.map((each) => interfaceOf(ec2, each))),
    key: await keyOf(ec2, instance.KeyName),
    userData: await userDataOf(ec2, id),
    profileArn: instance.IamInstanceProfile?.Arn,
    tokensRequired: instance.MetadataOptions?.HttpTokens === "required",
    defaultUser: await defaultUserOf(ec2, instance.ImageId),
  };
}

function linksOf({ NetworkInterfaces = [] }: Instance): InstanceNetworkInterface[] {
  const numberOf = ({ Attachment }: InstanceNetworkInterface) => Attachment?.DeviceIndex ?? 0;
  return [...NetworkInterfaces].sort((a, b) => numberOf(a) - numberOf(b));
}

async function interfaceOf(ec2: EC2Client, link: InstanceNetworkInterface): Promise<InterfaceFacts> {
  const { SubnetId: subnetId = "" } = link;
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] }));
  return {
    deviceNumber: link.Attachment?.DeviceIndex ?? 0,
    interfaceId: link.NetworkInterfaceId ?? "",
    mac: link.MacAddress ?? "",
    privateIp: link.PrivateIpAddress ?? "",
    subnetId,
    cidr: Subnets?.[0]?.CidrBlock ?? "",
    securityGroups: groupsOf(link.Groups),
  };
}

function groupsOf(groups: Instance["SecurityGroups"] = []): { id: string; name: string }[] {
  return groups.map((group) => ({ id: group.GroupId ?? "", name: group.GroupName ?? "" }));
}

async function keyOf(ec2: EC2Client, name: string | undefined): Promise<InstanceFacts["key"]> {
  if (name === undefined) return undefined;
  const answer = await ec2.send(new DescribeKeyPairsCommand({ KeyNames: [name], IncludePublicKey: true }));
  const openssh = answer.KeyPairs?.[0]?.PublicKey?.trim();
  return openssh === undefined ? undefined : { name, openssh };
}

async function userDataOf(ec2: EC2Client, id: string): Promise<Buffer | undefined> {
  const answer = await ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: "userData" }));
  const value = answer.UserData?.Value;
  return value === undefined || value === "" ? undefined : Buffer.from(value, "base64");
}

async function defaultUserOf(ec2: EC2Client, imageId: string | undefined): Promise<string> {
  if (imageId === undefined) return "ec2-user";
  const answer = await ec2.send(new DescribeImagesCommand({ ImageIds: [imageId] })).catch(() => undefined);
  const image = answer?.Images?.[0];
  return /ubuntu/i.test(`${image?.Name} ${image?.Description}`) ? "ubuntu" : "ec2-user";
}
