/** A deployment of three hosts: one that works, one that does not answer, one that is stopped. EC2 is the emulator. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../../local/network/free-port.js";
import { type JobAgent, startJobAgent } from "../../agent/support/job-agent.js";
import type { Moto } from "../../support/moto.js";

export interface TestDeployment {
  readonly project: string;
  readonly env: Readonly<Record<string, string>>;
  readonly agent: JobAgent;
  readonly group: string;
  stop(): Promise<void>;
}

/** @param dir empty. */
export async function startDeployment(dir: string, moto: Moto): Promise<TestDeployment> {
  const project = join(dir, "project");
  await mkdir(project);
  const agent = await startJobAgent();
  const group = await moto.raw.createGroup(`ui-${Date.now()}`);
  for (const port of [22, 80, 443]) {
    await moto.raw.allow(group, port, "203.0.113.7/32", "sallyport:sallyport managed-by=terraform allow_ports");
  }
  await moto.raw.allow(group, 5432, "198.51.100.0/28", "sallyport:address-api of the office");
  await moto.raw.allow(group, 9100, "192.0.2.10/32", "monitoring, by hand");
  const lease = `sallyport:access until=${inHours(30)} for=grace pair programming`;
  for (const port of [22, 443]) await moto.raw.allow(group, port, "198.51.100.77/32", lease);
  const ids = await Promise.all(["f2.6xlarge", "g6.xlarge", "g6.xlarge"].map((type) => runInstance(moto, type)));
  await moto.raw.call("StopInstances", { "InstanceId.1": ids[2] ?? "" });
  const silent = await freePort();
  const host = (index: number, type: string, address: string, url: string, more: object = {}) => ({
    name: `accelerator-${index}`,
    kind: "new",
    instance_id: ids[index - 1],
    instance_type: type,
    spot: false,
    stop_mode: "stop",
    public_ip: address,
    private_ip: `10.0.0.${index}`,
    agent_url: url,
    ssh_user: "ubuntu",
    ssh_command: `ssh ubuntu@${address}`,
    ...more,
  });
  const hosts = [
    host(1, "f2.6xlarge", "127.0.0.1", `https://127.0.0.1:${agent.port}`),
    host(2, "g6.xlarge", "127.0.0.1", `https://127.0.0.1:${silent}`, { stop_mode: "term" }),
    host(3, "g6.xlarge", "", "https://192.0.2.1"),
  ];
  const outputs = {
    hosts: { value: Object.fromEntries(hosts.map((each) => [each.name, each])) },
    security_group_id: { value: group },
    callers: { value: ["203.0.113.7/32"] },
    certificate_fingerprint: { value: "" },
  };
  // What tells the place of the deployment: its account is the emulator's.
  const attributes = { id: ids[0], arn: `arn:aws:ec2:us-east-1:123456789012:instance/${ids[0]}` };
  const resources = [{ mode: "managed", type: "aws_instance", name: "Instance", instances: [{ attributes }] }];
  await writeFile(
    join(project, "terraform.accelerator-hosts.tfstate"),
    JSON.stringify({ version: 4, outputs, resources }),
  );
  const settings = [
    `ssl_cert_crt: ${agent.base}/cert`,
    `ssl_cert_key: ${agent.base}/key`,
    `auth_token_file: ${agent.base}/token`,
    "region: us-east-1",
  ];
  await writeFile(join(project, "sallyport.yaml"), `${settings.join("\n")}\n`);
  const services = ["EC2", "STS", "PRICING"].map((service) => [`AWS_ENDPOINT_URL_${service}`, moto.url]);
  const env = {
    HOME: dir,
    PATH: process.env.PATH ?? "",
    // One by one: with AWS_ENDPOINT_URL on this machine, AWS would count as emulated, and no agent be asked.
    ...Object.fromEntries(services),
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    SALLYPORT_CALLER: "203.0.113.7",
  };
  // The SDK looks for these in its own process, which each file of system tests has to itself.
  Object.assign(process.env, env);
  return { project, env, agent, group, stop: () => agent.stop() };
}

const inHours = (hours: number) => `${new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 19)}Z`;

async function runInstance({ raw }: Moto, type: string): Promise<string> {
  const body = await raw.call("RunInstances", {
    ImageId: "ami-12c6146b",
    InstanceType: type,
    MinCount: "1",
    MaxCount: "1",
  });
  return /<instanceId>([^<]+)/.exec(body)?.[1] ?? "";
}
