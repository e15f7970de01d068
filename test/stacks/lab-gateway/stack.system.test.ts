/** A lab's gateway with the real Terraform against the emulator. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DescribeNetworkInterfacesCommand, DescribeRouteTablesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect } from "vitest";
import type { LabOutputs } from "../../../stacks/lab-gateway/outputs.js";
import type { PlannedChange } from "../../../stacks/terraform/terraform-log.js";
import { test } from "../../fixtures/deployable.js";
import type { Deployable } from "../../support/deployable.js";

let deployable: Deployable;
let outputs: LabOutputs;

test.beforeAll(async ({ deployable: started }) => {
  deployable = started;
  await deployable.configure(["name: lab", "caller: 203.0.113.7", "lab_gateway: { ami: ami-12c6146b }"]);
});

const aws = () => ({
  region: "us-east-1",
  endpoint: deployable.url,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await deployable.run([...args, "--json"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

test("up makes the lab and says how to get in, without any secret", async () => {
  outputs = await json<LabOutputs>("up", "lab-gateway", "--yes");
  const { public_ip } = outputs;
  expect(public_ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  expect(outputs).toMatchObject({
    gateway_url: `https://${public_ip}`,
    instance_id: expect.stringMatching(/^i-[0-9a-f]{17}$/),
    lab_subnet_ids: [expect.stringMatching(/^subnet-[0-9a-f]+$/)],
    callers: ["203.0.113.7/32"],
    connect_command: `sallyport connect --gateway https://${public_ip} --name NAME --protocol ssh`,
  });
});

test("the lab's way out is the second interface of the gateway, and neither interface checks addresses", async () => {
  const ec2 = new EC2Client(aws());
  const { NetworkInterfaces = [] } = await ec2.send(
    new DescribeNetworkInterfacesCommand({
      Filters: [{ Name: "attachment.instance-id", Values: [outputs.instance_id] }],
    }),
  );
  expect(NetworkInterfaces.map(({ SourceDestCheck }) => SourceDestCheck)).toEqual([false, false]);
  const { RouteTables = [] } = await ec2.send(
    new DescribeRouteTablesCommand({
      Filters: [{ Name: "association.subnet-id", Values: [...outputs.lab_subnet_ids] }],
    }),
  );
  const outward = RouteTables.flatMap(({ Routes = [] }) => Routes).filter(
    ({ DestinationCidrBlock }) => DestinationCidrBlock === "0.0.0.0/0",
  );
  const lan = NetworkInterfaces.find(({ SubnetId }) => SubnetId === outputs.lab_subnet_ids[0]);
  expect(outward.map(({ NetworkInterfaceId }) => NetworkInterfaceId)).toEqual([lan?.NetworkInterfaceId]);
  ec2.destroy();
});

test("the secret of the tokens is in Parameter Store, and neither in the state nor in the outputs", async () => {
  const key = await readFile(join(deployable.project, "../home/.ssh/sallyport-gateway.key"), "utf8");
  const state = await readFile(join(deployable.project, "terraform.lab-gateway.tfstate"), "utf8");
  const [, name = ""] = /"name":\s*"(\/sallyport\/[^"]+\/token)"/.exec(state) ?? [];
  const ssm = new SSMClient(aws());
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
  expect(Parameter?.Value).toBe(key);
  expect(state).not.toContain(key);
  expect(JSON.stringify(outputs)).not.toContain(key);
  ssm.destroy();
});

test("a second plan is empty", async () => {
  const { changes } = await json<{ changes: PlannedChange[] }>("plan", "lab-gateway");
  expect(changes).toEqual([]);
});

test("down removes all of it, after a question", async () => {
  const refused = await deployable.run(["down", "lab-gateway"]);
  expect(refused.code).toBe(2);
  const { code, stderr } = await deployable.run(["down", "lab-gateway", "--yes"]);
  expect(code, stderr).toBe(0);
  expect((await json<{ changes: PlannedChange[] }>("down", "lab-gateway", "--yes")).changes).toEqual([]);
});
