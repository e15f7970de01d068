/** Hosts by name, and what a deployment takes as it finds it: the real Terraform against the emulator. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateSecurityGroupCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupRulesCommand,
  type EC2Client,
  ImportKeyPairCommand,
  type Instance,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect } from "vitest";
import { ensureKeyPair } from "../../../certs/key-pair.js";
import { loadConfig } from "../../../config/load.js";
import type { Emulator } from "../../../local/emulator/emulator.js";
import { agentSettings } from "../../../stacks/accelerator-hosts/agent-settings.js";
import { acceleratorHosts } from "../../../stacks/accelerator-hosts/descriptor.js";
import { deployedHosts } from "../../../stacks/accelerator-hosts/hosts.js";
import type { DeploymentInputs, ProvisionedInputs } from "../../../stacks/accelerator-hosts/inputs.js";
import { readOutputs } from "../../../stacks/accelerator-hosts/outputs.js";
import { buildStacks } from "../../../stacks/app.js";
import { stackDir } from "../../../stacks/files.js";
import { resourceNames } from "../../../stacks/terraform/resource-names.js";
import { Terraform } from "../../../stacks/terraform/run.js";
import { test } from "../../fixtures/emulator.js";
import { terraformForTests } from "../../support/terraform.js";
import { sampleInputs } from "../support/sample.js";

const region = "us-east-1";
let dir: string;
let emulator: Emulator;
let ec2: EC2Client;
let key: { readonly publicKey: string };
let env: NodeJS.ProcessEnv;

test.beforeAll(async ({ fileDir, emulator: started, ec2: client }) => {
  [dir, emulator, ec2] = [fileDir, started, client];
  env = { ...process.env, ...emulator.env, ...(await terraformForTests(dir)) };
  await writeFile(join(dir, "runtime.tar.gz"), "a runtime");
  key = await ensureKeyPair({ name: "lab", type: "ed25519", dir });
});

type Adapt = (inputs: ProvisionedInputs) => DeploymentInputs;

/** The stack of a project whose sallyport.yaml this is; keys, certificate and runtime are samples. */
async function stack(project: string, yaml: string, adapt: Adapt = (inputs) => inputs): Promise<Terraform> {
  const projectDir = join(dir, project);
  await mkdir(projectDir, { recursive: true });
  await writeFile(join(projectDir, "sallyport.yaml"), yaml);
  const { config } = await loadConfig({ cwd: projectDir, env: { HOME: dir } });
  const { tls: _tls, token: _token, identity: _identity, ...sample } = sampleInputs();
  const inputs = adapt({
    ...sample,
    projectDir,
    name: project,
    region,
    ami: config.ami,
    hosts: deployedHosts(config),
    settings: agentSettings(config),
    sshKey: { kind: "public-key", publicKey: key.publicKey },
    runtime: { file: join(dir, "runtime.tar.gz"), sha256: "ab".repeat(32) },
    endpointUrl: emulator.url,
  });
  const outdir = join(projectDir, "cdktf.out");
  buildStacks([acceleratorHosts.with(inputs)], { outdir }).synth();
  const nameOf = await resourceNames(outdir);
  const terraform = await Terraform.find({ dir: stackDir(outdir, "accelerator-hosts"), env, nameOf });
  await terraform.init();
  return terraform;
}

async function plan(terraform: Terraform): Promise<string[]> {
  return (await terraform.plan()).map(({ action, name }) => `${action} ${name}`).sort();
}

async function deploy(...args: Parameters<typeof stack>) {
  const terraform = await stack(...args);
  const planned = await plan(terraform);
  await terraform.apply();
  const { hosts, security_group_id } = await readOutputs({ projectDir: join(dir, args[0]) });
  return { planned, security_group_id, hosts: Object.fromEntries(hosts.map((host) => [host.name, host])) };
}

async function instance(id: string | undefined): Promise<Instance | undefined> {
  const found = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id ?? "none"] }));
  return found.Reservations?.[0]?.Instances?.[0];
}

/** The SDK's client for IAM is no dependency; the emulator checks no signatures. */
async function iam(fields: Record<string, string>): Promise<string> {
  const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/iam/aws4_request, SignedHeaders=host, Signature=0`;
  const body = new URLSearchParams({ ...fields, Version: "2010-05-08" });
  const answer = await fetch(emulator.url, { method: "POST", headers: { authorization }, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

const TWO = "ami: al2023\ninstance_type: t3.micro\nhosts:\n  fpga-a: {}\n  fpga-b: { root_volume_gib: 80 }\n";
const THREE = `${TWO}  gpu: { instance_type: g6.xlarge, ami: ami-12c6146b }\n`;

// Each has a project of its own: Terraform waits for all of them at once.
describe.concurrent("hosts by name (show 3)", () => {
  let two: Awaited<ReturnType<typeof deploy>>;
  let three: typeof two;

  test.sequential("once deployed, they plan nothing", async () => {
    two = await deploy("named", TWO);
    expect(Object.keys(two.hosts)).toEqual(["fpga-a", "fpga-b"]);
    expect(await plan(await stack("named", TWO))).toEqual([]);
  });

  test.sequential("one more plans exactly itself, and the others stay the machines that they are", async () => {
    three = await deploy("named", THREE);
    expect(three.planned).toEqual(["create gpu/Instance"]);
    expect(three.hosts).toMatchObject(two.hosts);
    expect(three.hosts.gpu).toMatchObject({ kind: "new", instance_type: "g6.xlarge", spot: false, stop_mode: "term" });
  });

  test.sequential("one less plans exactly itself", async () => {
    const without = await deploy("named", THREE.replace("  fpga-a: {}\n", ""));
    expect(without.planned).toEqual(["delete fpga-a/Instance"]);
    expect(without.hosts).toEqual({ "fpga-b": three.hosts["fpga-b"], gpu: three.hosts.gpu });
    expect((await instance(two.hosts["fpga-a"]?.instance_id))?.State?.Name).toBe("terminated");
  });
});

describe.concurrent("other projects", () => {
  test("from count to hosts: those that keep their names are the same machines", async () => {
    const counted = await deploy("counted", "ami: al2023\ncount: 2\n");
    const named = await deploy("counted", "ami: al2023\nhosts: { accelerator-1: {}, accelerator-2: {}, hosts: {} }\n");
    expect(named.planned).toEqual(["create hosts/Instance"]);
    expect(named.hosts).toMatchObject(counted.hosts);
  });

  // The emulator tells no spot request of an instance, so a second plan would replace it here; EC2 tells it.
  test("a spot instance is what EC2 was asked for, and a host of its own may do without", async () => {
    const yaml = 'ami: al2023\nspot: { max_price: "0.9" }\nhosts: { cheap: {}, sure: { spot: false } }\n';
    const { hosts } = await deploy("spot", yaml);
    expect(hosts).toMatchObject({ cheap: { spot: true }, sure: { spot: false } });
    expect((await instance(hosts.cheap?.instance_id))?.InstanceLifecycle).toBe("spot");
    expect((await instance(hosts.sure?.instance_id))?.InstanceLifecycle).toBeUndefined();
  });

  test("a machine carries the names of its deployment and host, and ends as stop_mode says", async () => {
    const { hosts } = await deploy("tagged", "ami: al2023\nstop_mode: stop\n", (inputs) => ({
      ...inputs,
      hostNamePrefix: "team",
    }));
    const tags = (await instance(hosts["accelerator-1"]?.instance_id))?.Tags ?? [];
    expect(Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))).toMatchObject({
      Name: "team-accelerator-1",
      "sallyport:deployment": "tagged-1a2b3c4d",
      "sallyport:host": "accelerator-1",
    });
    expect(hosts["accelerator-1"]?.stop_mode).toBe("stop");
    const { InstanceInitiatedShutdownBehavior } = await ec2.send(
      new DescribeInstanceAttributeCommand({
        InstanceId: hosts["accelerator-1"]?.instance_id,
        Attribute: "instanceInitiatedShutdownBehavior",
      }),
    );
    expect(InstanceInitiatedShutdownBehavior).toEqual({ Value: "stop" });
  });
});

describe.concurrent("what is there already", () => {
  test("a group, a key pair and a role are used and left as they are (A-08, A-12, A-48)", async () => {
    await ec2.send(new ImportKeyPairCommand({ KeyName: "team key", PublicKeyMaterial: Buffer.from(key.publicKey) }));
    const { GroupId = "" } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: "ours", Description: "ours" }));
    const trust = JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" },
    });
    await iam({ Action: "CreateRole", RoleName: "ours", AssumeRolePolicyDocument: trust });
    const rules = () =>
      ec2.send(new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [GroupId] }] }));
    const before = (await rules()).SecurityGroupRules;

    const ours = { securityGroup: GroupId, sshKey: { kind: "ec2", name: "team key" } as const, role: "ours" };
    const adapt: Adapt = (inputs) => ({ ...inputs, ...ours });
    const { hosts, planned, security_group_id } = await deploy("ours", "ami: al2023\n", adapt);
    expect(planned.filter((change) => /Group|Role\/Role|Policy|KeyPair/.test(change))).toEqual([]);
    expect(security_group_id).toBe(GroupId);
    const host = hosts["accelerator-1"];
    expect(host?.ssh_command).toBe(`ssh ec2-user@${host?.public_ip}`);
    const machine = await instance(host?.instance_id);
    expect(machine).toMatchObject({ KeyName: "team key", SecurityGroups: [{ GroupId }] });
    expect((await rules()).SecurityGroupRules).toEqual(before);
    expect(await iam({ Action: "ListRolePolicies", RoleName: "ours" })).not.toContain("<member>");
    expect(await iam({ Action: "ListAttachedRolePolicies", RoleName: "ours" })).not.toContain("<member>");
    expect(await plan(await stack("ours", "ami: al2023\n", adapt))).toEqual([]);
  });

  test("a key pair that EC2 does not have fails the plan", async () => {
    const terraform = await stack("no-key", "ami: al2023\n", (inputs) => ({
      ...inputs,
      sshKey: { kind: "ec2", name: "nobody's" },
    }));
    await expect(terraform.plan()).rejects.toMatchObject({ code: "stacks/terraform-failed" });
  });

  test("existing hosts are told with their addresses, and nothing is made for them (A-62)", async () => {
    const { Instances: [machine] = [] } = await ec2.send(
      new RunInstancesCommand({ ImageId: "ami-12c6146b", InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 }),
    );
    const yaml = `hosts: { ours: { instance_id: ${machine?.InstanceId} }, theirs: { host_ip: "2001:db8::7", ssh_user: me } }\n`;
    const { planned, hosts } = await deploy("existing", yaml, (inputs) => ({ ...inputs, kind: "existing" }));
    expect(planned).toEqual([]);
    const found = await instance(machine?.InstanceId);
    expect(hosts.ours).toMatchObject({
      kind: "instance",
      instance_id: machine?.InstanceId,
      public_ip: found?.PublicIpAddress,
      private_ip: found?.PrivateIpAddress,
      instance_type: "t3.micro",
      stop_mode: "keep",
      agent_url: `http://${found?.PublicIpAddress}`,
    });
    expect(hosts.theirs).toMatchObject({
      kind: "address",
      instance_id: "",
      public_ip: "2001:db8::7",
      agent_url: "http://[2001:db8::7]",
      ssh_command: "ssh me@2001:db8::7",
      stop_mode: "keep",
    });
  });
});
