/** A fleet with the real Terraform against the emulator, whose Auto Scaling really starts instances. */
import { EC2Client, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { expect } from "vitest";
import type { DeploymentOutputs } from "../../../stacks/accelerator-hosts/outputs.js";
import type { PlannedChange } from "../../../stacks/terraform/terraform-log.js";
import { test } from "../../fixtures/deployable.js";
import type { Deployable } from "../../support/deployable.js";

let deployable: Deployable;
const base = ["ami: al2023", "instance_type: g6.xlarge", "caller: 203.0.113.7"];
const fleet = (keys: string) => [...base, `fleet: { instance_types: [g6.xlarge, g5.xlarge], ${keys} }`];

test.beforeAll(({ deployable: started }) => {
  deployable = started;
});

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await deployable.run([...args, "--json"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}
const hosts = async () => (await json<DeploymentOutputs>("hosts")).hosts;
const changes = async (...args: string[]) =>
  (await json<{ changes: PlannedChange[] }>(...args)).changes.map(({ action, name }) => `${action} ${name}`);
const planned = () => changes("plan");
const applied = () => changes("up", "--yes", "--no-wait");

test("up starts as many machines as are desired; hosts lists them by their instances", async () => {
  await deployable.configure(fleet("max: 3, desired: 2, spot_percentage: 50"));
  const { code, stdout, stderr } = await deployable.run(["up", "--yes", "--no-wait"]);
  expect(code, stderr).toBe(0);
  const members = await hosts();
  expect(members).toHaveLength(2);
  for (const member of members) {
    expect(member.name).toMatch(/^i-[0-9a-f]{17}$/);
    expect(member.agent_url).toBe(`https://${member.public_ip}`);
    expect(member.ssh_user).toBe("ec2-user");
    expect(stdout).toContain(`log in       sallyport ssh ${member.name}`);
  }
  expect(stdout).toMatch(/^fleet {10}sallyport-[0-9a-f]{8}-fleet: 2 hosts run$/m);
  expect((await json<{ ipAddresses: string[] }>("addresses", "list")).ipAddresses.sort()).toEqual(
    members.map(({ public_ip }) => public_ip).sort(),
  );
});

test("a second plan is empty, and a new maximum changes the group alone", async () => {
  // The emulator keeps the new template's own tags among those of its machines, until the first change; EC2 does not.
  expect(await applied()).toEqual(["update Fleet/Template"]);
  expect(await planned()).toEqual([]);
  await deployable.configure(fleet("max: 5, desired: 2, spot_percentage: 50"));
  expect(await planned()).toEqual(["update Fleet/Group"]);
});

test("a changed template is for machines that start later: the group stays, and so do those at work", async () => {
  const before = await hosts();
  await deployable.configure([...fleet("max: 3, desired: 2, spot_percentage: 50"), "root_volume_gib: 60"]);
  expect(await applied()).toEqual(["update Fleet/Template"]);
  expect(await hosts()).toEqual(before);
  expect(await planned()).toEqual([]);
});

test("fewer machines than run are asked about first", async () => {
  await deployable.configure([...fleet("max: 3, desired: 1, spot_percentage: 50"), "root_volume_gib: 60"]);
  const { code, stderr } = await deployable.run(["up", "--no-wait"]);
  expect(code).toBe(2);
  expect(stderr).toContain("error: 1 of the fleet's 2 machines would be lost, with all data there");
  await deployable.configure([...fleet("max: 3, desired: 2, spot_percentage: 50"), "root_volume_gib: 60"]);
});

test("a machine can be addressed by its instance id, and one that has ended is gone from the list", async () => {
  const [first, second] = await hosts();
  const { hosts: blocks } = await json<{ hosts: { name: string; address: string }[] }>("ssh-config", "--print");
  expect(blocks.map(({ name, address }) => ({ name, address }))).toEqual(
    [first, second].map((member) => ({ name: member?.name, address: member?.public_ip })),
  );

  const client = new EC2Client({
    region: "us-east-1",
    endpoint: deployable.url,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  await client.send(new TerminateInstancesCommand({ InstanceIds: [first?.instance_id ?? ""] }));
  client.destroy();
  const names = (await hosts()).map(({ name }) => name);
  expect(names).toContain(second?.name);
  expect(names).not.toContain(first?.name);
  const gone = await deployable.run(["ls", first?.name ?? ""]);
  expect(gone.code).toBe(3);
  expect(gone.stderr).toContain(`there is no host "${first?.name}"`);
});

test("down asks first, for the machines are lost with it, and then nothing is left", async () => {
  const refused = await deployable.run(["down"]);
  expect(refused.code).toBe(2);
  const { code, stderr } = await deployable.run(["down", "--yes"]);
  expect(code, stderr).toBe(0);
  expect((await deployable.run(["hosts"])).code).toBe(3);
});
