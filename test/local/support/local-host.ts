/** A host as the demo would boot it, less the deployment: the instance is made by plain EC2 calls. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  type EC2Client,
  ImportKeyPairCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import ssh2 from "ssh2";
import { startEmulator } from "../../../local/emulator/emulator.js";
import { emulatorEc2, type InstanceFacts, readInstance } from "../../../local/emulator/instance.js";
import { Host } from "../../../local/machine/host.js";
import type { NamespaceSupport } from "../../../local/machine/preflight.js";

export const CALLER = "198.51.100.7";
export const STRANGER = "203.0.113.9";

export interface LocalHost {
  readonly host: Host;
  readonly facts: InstanceFacts;
  readonly ec2: EC2Client;
  readonly groupId: string;
  readonly dir: string;
  /** PEM */
  readonly privateKey: string;
  close(): Promise<void>;
}

export async function bootLocalHost(support: NamespaceSupport, userData: string): Promise<LocalHost> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-host-"));
  const emulator = await startEmulator({ dir });
  const ec2 = emulatorEc2(emulator.env);
  const key = makeKey();
  const groupId = await makeGroup(ec2);
  const images = await ec2.send(new DescribeImagesCommand({ Filters: [{ Name: "name", Values: ["al2023-ami*"] }] }));
  await ec2.send(new ImportKeyPairCommand({ KeyName: "test", PublicKeyMaterial: Buffer.from(key.openssh) }));
  const started = await ec2.send(
    new RunInstancesCommand({
      ImageId: images.Images?.[0]?.ImageId ?? "ami-03cf127a",
      InstanceType: "t3.micro",
      MinCount: 1,
      MaxCount: 1,
      KeyName: "test",
      SecurityGroupIds: [groupId],
      MetadataOptions: { HttpTokens: "required" },
      UserData: Buffer.from(userData).toString("base64"),
    }),
  );
  const facts = await readInstance(ec2, started.Instances?.[0]?.InstanceId ?? "");
  const outside = { caller: CALLER, stranger: STRANGER };
  const host = await Host.boot({ facts, emulatorUrl: emulator.url, outside, dir, ...support });
  const close = async () => {
    await host.stop();
    ec2.destroy();
    await emulator.stop();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await host.reloadRules(ec2);
    await host.userDataDone();
  } catch (error) {
    await close();
    throw error;
  }
  return { host, facts, ec2, groupId, dir, privateKey: key.pem, close };
}

async function makeGroup(ec2: EC2Client): Promise<string> {
  const made = await ec2.send(new CreateSecurityGroupCommand({ GroupName: "host", Description: "host" }));
  const GroupId = made.GroupId ?? "";
  const ports = [22, 80].map((port) => ({
    IpProtocol: "tcp",
    FromPort: port,
    ToPort: port,
    IpRanges: [{ CidrIp: `${CALLER}/32` }],
  }));
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: ports }));
  return GroupId;
}

function makeKey(): { pem: string; openssh: string } {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const parsed = ssh2.utils.parseKey(pem);
  if (parsed instanceof Error) throw parsed;
  return { pem, openssh: `ssh-rsa ${parsed.getPublicSSH().toString("base64")} test` };
}
