/** The tree behind the metadata service: directories are maps, leaves are texts, bytes or functions. */
import type { InstanceFacts, InterfaceFacts } from "./instance.js";
import type { InstanceRole } from "./instance-role.js";

export interface MetadataOptions {
  readonly facts: InstanceFacts;
  readonly role?: InstanceRole;
  /** @default Date.now */
  readonly now?: () => number;
}

export type Tree = Map<string, Tree> | string | Buffer | (() => Promise<string>);

const dir = (entries: Record<string, Tree | undefined>): Map<string, Tree> =>
  new Map(Object.entries(entries).filter((entry): entry is [string, Tree] => entry[1] !== undefined));

/** Names in a directory, one per line; those of subdirectories end in a slash. */
export function listing(tree: Map<string, Tree>): string {
  return [...tree].map(([name, child]) => (child instanceof Map ? `${name}/` : name)).join("\n");
}

export function metadataTree({ facts, role }: MetadataOptions): Map<string, Tree> {
  return dir({
    "meta-data": dir({
      "ami-id": facts.imageId,
      "ami-launch-index": "0",
      hostname: facts.hostname,
      iam: role === undefined ? undefined : iamTree(facts.profileArn ?? "", role),
      "instance-id": facts.instanceId,
      "instance-life-cycle": "on-demand",
      "instance-type": facts.instanceType,
      "local-hostname": facts.hostname,
      "local-ipv4": facts.privateIp,
      mac: facts.mac,
      network: dir({ interfaces: dir({ macs: macsTree(facts) }) }),
      placement: dir({ "availability-zone": facts.availabilityZone, region: facts.region }),
      "public-hostname": facts.publicHostname || undefined,
      "public-ipv4": facts.publicIp || undefined,
      "public-keys": facts.key && new KeyDirectory(facts.key),
      "security-groups": facts.securityGroups.map((group) => group.name).join("\n"),
      services: dir({ domain: "amazonaws.com", partition: "aws" }),
    }),
    "user-data": facts.userData,
    dynamic: dir({ "instance-identity": dir({ document: identityDocument(facts) }) }),
  });
}

/** `public-keys/` lists `0=name`, but the key is under `public-keys/0/`. */
class KeyDirectory extends Map<string, Tree> {
  constructor(key: { readonly name: string; readonly openssh: string }) {
    super([[`0=${key.name}`, ""]]);
    this.#key = dir({ "openssh-key": `${key.openssh}\n` });
  }
  readonly #key: Tree;
  override get(name: string): Tree | undefined {
    return name === "0" ? this.#key : undefined;
  }
}

function macsTree(facts: MetadataOptions["facts"]): Map<string, Tree> {
  const primary = interfaceTree(facts, { ...facts, deviceNumber: 0 });
  primary.set("local-hostname", facts.hostname);
  if (facts.publicIp !== "") primary.set("public-ipv4s", facts.publicIp);
  const further = facts.furtherInterfaces.map((each) => [each.mac, interfaceTree(facts, each)] as const);
  return dir(Object.fromEntries([[facts.mac, primary], ...further]));
}

function interfaceTree(
  { accountId, vpcId }: MetadataOptions["facts"],
  link: Omit<InterfaceFacts, "cidr">,
): Map<string, Tree> {
  return dir({
    "device-number": String(link.deviceNumber),
    "interface-id": link.interfaceId,
    "local-ipv4s": link.privateIp,
    mac: link.mac,
    "owner-id": accountId,
    "security-group-ids": link.securityGroups.map((group) => group.id).join("\n"),
    "subnet-id": link.subnetId,
    "vpc-id": vpcId,
  });
}

function iamTree(profileArn: string, role: NonNullable<MetadataOptions["role"]>): Map<string, Tree> {
  const stamp = (date: Date) => date.toISOString().replace(/\.\d+Z$/, "Z");
  const started = stamp(new Date());
  const credentials = async () => {
    const issued = await role.credentials();
    const document = {
      Code: "Success",
      LastUpdated: stamp(new Date()),
      Type: "AWS-HMAC",
      AccessKeyId: issued.accessKeyId,
      SecretAccessKey: issued.secretAccessKey,
      Token: issued.sessionToken,
      Expiration: stamp(issued.expiration),
    };
    return JSON.stringify(document, null, 2);
  };
  const info = {
    Code: "Success",
    LastUpdated: started,
    InstanceProfileArn: profileArn,
    InstanceProfileId: "AIPASALLYPORTLOCAL",
  };
  return dir({
    info: JSON.stringify(info, null, 2),
    "security-credentials": dir({ [role.name]: credentials }),
  });
}

function identityDocument(facts: MetadataOptions["facts"]): string {
  const document = {
    accountId: facts.accountId,
    architecture: facts.architecture,
    availabilityZone: facts.availabilityZone,
    imageId: facts.imageId,
    instanceId: facts.instanceId,
    instanceType: facts.instanceType,
    pendingTime: facts.launchTime,
    privateIp: facts.privateIp,
    region: facts.region,
    version: "2017-09-30",
  };
  return JSON.stringify(document, null, 2);
}
