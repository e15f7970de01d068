/** Real Terraform against the emulator: two hosts, one stopped and started, one ended; the state stays true. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { readOutputs } from "../../../stacks/accelerator-hosts/outputs.js";
import { test } from "../../fixtures/deployable.js";
import type { Deployable } from "../../support/deployable.js";
import { RawEc2 } from "../../support/raw-ec2.js";

let deployable: Deployable;
let project: string;

const cli = (...args: string[]) => deployable.run(args);
const hosts = async () => (await readOutputs({ projectDir: project })).hosts;
const addresses = async () => (await hosts()).map(({ public_ip }) => public_ip);

async function states(): Promise<string[]> {
  const ids = (await hosts()).map(({ instance_id }, index) => [`InstanceId.${index + 1}`, instance_id]);
  const body = await new RawEc2(deployable.url).call("DescribeInstances", Object.fromEntries(ids));
  const byId = [...body.matchAll(/<instanceId>(i-[0-9a-f]+)<[\s\S]*?<instanceState>[\s\S]*?<name>([^<]+)</g)];
  const state = new Map(byId.map(([, id = "", name = ""]) => [id, name]));
  return (await hosts()).map(({ instance_id }) => state.get(instance_id) ?? "gone");
}

test.beforeAll(async ({ deployable: started }) => {
  deployable = started;
  project = deployable.project;
  const lines = ["ami: al2023", "count: 2", "caller: 203.0.113.7", "instance_type: g6.xlarge"];
  await deployable.configure([...lines, "autostop: 30m", ""]);
  const up = await cli("up", "--no-wait");
  expect(up.code, up.stderr.slice(-3_000)).toBe(0);
});

test("status tells what EC2 and the price say of each; an agent that does not answer is no error", async () => {
  const told = await cli("status", "--price", "g6.xlarge=0.8048", "--json", "accelerator-2");
  expect(told.code, told.stderr).toBe(0);
  const [host, ...others] = JSON.parse(told.stdout).hosts;
  expect(others).toEqual([]);
  expect(host).toMatchObject({
    name: "accelerator-2",
    kind: "new",
    instance_type: "g6.xlarge",
    spot: false,
    state: "running",
    agent: "down",
    agent_error: "AWS is emulated: nothing has booted",
    price: { usd_per_hour: 0.8048, source: "given" },
  });
  expect(host.up_seconds).toBeGreaterThanOrEqual(0);
  expect(host.cost_usd).toBeGreaterThan(0);
  expect((await cli("status")).stdout).toContain("price unknown: give --price g6.xlarge=USD, or set SALLYPORT_PRICES");
});

test("stop stops one, and its address is no longer told: somebody else may have it tomorrow", async () => {
  const [, second] = await addresses();
  const stopped = await cli("stop", "accelerator-1", "--mode", "STOP");
  expect(stopped.code, stopped.stderr).toBe(0);
  expect(stopped.stdout).toBe("accelerator-1 is stopped\n");
  expect(await states()).toEqual(["stopped", "running"]);
  expect(await addresses()).toEqual(["", second]);
  const told = await cli("status", "accelerator-1");
  expect(told.stdout).toMatch(/^accelerator-1 {2}stopped \(g6\.xlarge\)\n.*\n {2}cost {9}its disk only\n$/);
});

test("start brings it back, and its new address is known; then there is nothing to plan", async () => {
  const started = await cli("start", "--no-wait");
  expect(started.code, started.stderr).toBe(0);
  expect(await states()).toEqual(["running", "running"]);
  const [first, second] = await addresses();
  expect(started.stdout).toBe(`accelerator-1 runs at ${first}\n`);
  expect(first).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  expect(first).not.toBe(second);
  const plan = await cli("plan", "--check", "--json");
  expect(plan.code, plan.stdout + plan.stderr).toBe(0);
  expect((await cli("start", "--no-wait")).stdout).toBe("all of them run already\n");
});

test("keep only says so", async () => {
  const [{ instance_id } = { instance_id: "" }] = await hosts();
  const kept = await cli("stop", "accelerator-1", "--mode", "Keep");
  expect(kept.stdout).toBe(`accelerator-1 (${instance_id}) is still running\n`);
  expect(await states()).toEqual(["running", "running"]);
});

test("term asks first, ends the machine through Terraform, and up makes another", async () => {
  const refused = await cli("stop", "accelerator-2");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/accelerator-2 would be terminated, with all data there, but there is no terminal/);
  expect(await states()).toEqual(["running", "running"]);
  const ended = await cli("stop", "accelerator-2", "--mode", "Term", "--yes");
  expect(ended.code, ended.stderr).toBe(0);
  expect(await states()).toEqual(["running", "terminated"]);
  const plan = await cli("plan", "--json");
  expect(JSON.parse(plan.stdout).changes).toMatchObject([{ action: "create", name: "accelerator-2/Instance" }]);
  const gone = await cli("start", "accelerator-2");
  expect(gone.code).toBe(3);
  expect(gone.stderr).toMatch(/"accelerator-2" is terminated\n.*sallyport up/);
});

test("the addresses of the others are not lost where one host is missing", async () => {
  const before = await hosts();
  const stopped = await cli("stop", "accelerator-1", "--mode", "stop");
  expect(stopped.code, stopped.stderr).toBe(0);
  expect(stopped.stderr).toContain('run "sallyport up"');
  expect(await hosts()).toEqual(before);
});

test("the role may end only the instance that asks: EC2 gets the variable, not Terraform", async () => {
  const state = JSON.parse(await readFile(join(project, "terraform.accelerator-hosts.tfstate"), "utf8"));
  const role = state.resources.find(({ type }: { type: string }) => type === "aws_iam_role_policy");
  const { Statement } = JSON.parse(role.instances[0].attributes.policy);
  expect(Statement.at(-1)).toEqual({
    Sid: "EndItself",
    Effect: "Allow",
    Action: "ec2:TerminateInstances",
    Resource: ["arn:aws:ec2:*:*:instance/*"],
    Condition: { ArnLike: { "ec2:SourceInstanceARN": `arn:aws:ec2:*:*:instance/$${"{ec2:InstanceID}"}` } },
  });
});

test.each([
  [["status", "accelerator-9"], 3, "accelerator-9"],
  [["stop", "--mode", "pause"], 2, 'invalid value "pause", possible values are term, stop, keep'],
  [["status", "--price", "g6.xlarge"], 2, 'price "g6.xlarge" is not TYPE=USD'],
])("%j ends with %i", async (args, code, said) => {
  const ended = await cli(...args);
  expect(ended.code).toBe(code);
  expect(ended.stderr).toContain(said);
});

test("with nothing deployed, each ends with 3", async () => {
  const empty = join(project, "../empty");
  await mkdir(empty);
  for (const command of ["status", "stop", "start"]) {
    const ended = await deployable.run([command], {}, { cwd: empty });
    expect([command, ended.code, ended.stderr]).toMatchObject([command, 3, expect.stringContaining("sallyport up")]);
  }
});
