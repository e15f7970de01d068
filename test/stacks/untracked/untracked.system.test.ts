/** Real Terraform against the emulator: machines that are in no state, for want of an answer or of the state. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { EXIT } from "../../../base/fault.js";
import { managed, type StateFile } from "../../../stacks/terraform/state.js";
import { test } from "../../fixtures/deployable.js";
import type { Deployable } from "../../support/deployable.js";
import { FaultProxy } from "../../support/fault-proxy.js";
import { RawEc2 } from "../../support/raw-ec2.js";

const STATE = "terraform.accelerator-hosts.tfstate";
const LINES = ["ami: al2023", "instance_type: g6.xlarge", "caller: 203.0.113.7", ""];
let deployable: Deployable;
let raw: RawEc2;

test.beforeAll(async ({ deployable: started }) => {
  deployable = started;
  raw = new RawEc2(deployable.url);
  await deployable.configure(LINES);
});

/** Instances that run, with their tags. */
async function running(): Promise<Map<string, string>> {
  const all = await raw.call("DescribeInstances", {
    "Filter.1.Name": "instance-state-name",
    "Filter.1.Value.1": "running",
  });
  const items = all.split("<instanceId>").slice(1);
  return new Map(items.map((item) => [item.slice(0, item.indexOf("<")), item]));
}
const tagOf = (item: string, key: string) => new RegExp(`<key>${key}</key>\\s*<value>([^<]*)<`).exec(item)?.[1] ?? "";

/** Ctrl-C when EC2 has made the machine and its answer is still on the way. */
async function interruptedUp() {
  const interrupt = new AbortController();
  const released = new AbortController();
  const proxy = await FaultProxy.start({
    upstream: deployable.url,
    after: async ({ action }) => {
      if (action !== "RunInstances") return;
      interrupt.abort();
      await once(released.signal, "abort");
    },
  });
  try {
    return await deployable.run(
      ["up", "--no-wait"],
      { AWS_ENDPOINT_URL_EC2: proxy.url },
      { interrupt: interrupt.signal },
    );
  } finally {
    released.abort();
    await proxy.close();
  }
}

test("S-07: a machine whose answer an interrupt lost is named, makes up wait, and is removed on request", async () => {
  const interrupted = await interruptedUp();
  const [[machine = "", facts = ""] = [], ...others] = await running();
  expect(others).toEqual([]);
  expect(await readFile(join(deployable.project, STATE), "utf8")).not.toContain(machine);
  const named = `${machine} (accelerator-1, g6.xlarge, running since `;
  expect([interrupted.code, interrupted.stdout]).toEqual([EXIT.interrupted, ""]);
  expect(interrupted.stderr).toContain(`terraform apply was interrupted, and these are not in the state: ${named}`);
  expect(interrupted.stderr).toContain('"sallyport down --orphans" terminates machines');

  const status = await deployable.run(["status"]);
  expect([status.code, status.stdout]).toEqual([EXIT.notFound, ""]);
  expect(status.stderr).toContain(`made from here, but in no state: ${named}`);
  const plan = await deployable.run(["plan", "--json"]);
  expect(plan.code, plan.stderr).toBe(0);
  expect(JSON.parse(plan.stdout).untracked).toMatchObject([{ id: machine, host: "accelerator-1", removable: true }]);
  const up = await deployable.run(["up", "--no-wait"]);
  expect([up.code, up.stdout]).toEqual([EXIT.conflict, ""]);
  expect(up.stderr).toContain(named);
  const down = await deployable.run(["down", "--orphans"]);
  expect(down.code).toBe(EXIT.usage);
  expect(down.stderr).toContain("would be terminated, with all data there, but there is no terminal to ask on");
  expect([...(await running()).keys()]).toEqual([machine]);

  // Of the same name and key, but of another project.
  const tags = { "sallyport:deployment": tagOf(facts, "sallyport:deployment"), "sallyport:project": "0".repeat(20) };
  await raw.call("RunInstances", {
    ImageId: "ami-12c6146b",
    MinCount: "1",
    MaxCount: "1",
    "TagSpecification.1.ResourceType": "instance",
    ...Object.fromEntries(
      Object.entries(tags).flatMap(([key, value], index) => [
        [`TagSpecification.1.Tag.${index + 1}.Key`, key],
        [`TagSpecification.1.Tag.${index + 1}.Value`, value],
      ]),
    ),
  });
  const removed = await deployable.run(["down", "--orphans", "--yes", "--json"]);
  expect([removed.code, JSON.parse(removed.stdout)], removed.stderr).toEqual([0, { terminated: [machine] }]);
  const [[other = ""] = [], ...more] = await running();
  expect([other, more]).not.toEqual([machine, []]);
  await raw.call("TerminateInstances", { "InstanceId.1": other });

  const again = await deployable.run(["up", "--no-wait"]);
  expect(again.code, again.stderr).toBe(0);
  const none = await deployable.run(["down", "--orphans", "--yes"]);
  expect(none.stdout).toBe("no machine of this project is missing in its state\n");
  expect((await running()).size).toBe(1);
});

test("S-09: a deployment that was not made from here is named before anything is planned", async () => {
  const [[machine = ""] = []] = await running();
  const cwd = `${deployable.project}-second`;
  await mkdir(cwd);
  await writeFile(join(cwd, "sallyport.yaml"), LINES.join("\n"));
  for (const args of [["plan"], ["up", "--no-wait"]]) {
    const { code, stdout, stderr } = await deployable.run(args, {}, { cwd });
    expect([args, code, stdout]).toEqual([args, EXIT.conflict, ""]);
    expect(stderr).toMatch(
      /accelerator-hosts sallyport-[0-9a-f]{8} exists already in us-east-1 of account 123456789012, and was/,
    );
    expect(stderr).toContain(`not made from here: ${machine} (accelerator-1, g6.xlarge, running since `);
    expect(stderr).toMatch(/key-[0-9a-f]+ \(key pair\)/);
    expect(stderr).toContain("give this one a name: of its own");
  }
  expect(existsSync(join(cwd, STATE))).toBe(false);
  expect((await running()).size).toBe(1);
});

test("S-07: a lost state is named by up and down, and adopt takes the hosts back as they are", async () => {
  const state = join(deployable.project, STATE);
  const [[machine = ""] = []] = await running();
  await rename(state, `${state}-lost`);
  const up = await deployable.run(["up", "--no-wait"]);
  expect(up.code).toBe(EXIT.conflict);
  expect(up.stderr).toContain(`made from here, but in no state: ${machine} (accelerator-1`);
  const down = await deployable.run(["down", "--yes", "--json"]);
  expect([down.code, JSON.parse(down.stdout)], down.stderr).toMatchObject([
    0,
    { changes: [], untracked: expect.arrayContaining([expect.objectContaining({ id: machine })]) },
  ]);
  expect(down.stderr).toMatch(/sg-\w+ \(security group\)/);

  // Together with the kit's own notes: the id of the project is read from the machine.
  await rm(join(deployable.project, ".sallyport"), { recursive: true });
  const adopted = await deployable.run(["adopt", "--json"]);
  expect(adopted.code, adopted.stderr).toBe(0);
  const lost = JSON.parse(await readFile(`${state}-lost`, "utf8")) as StateFile;
  const { adopted: list } = JSON.parse(adopted.stdout) as { adopted: { name: string; id: string }[] };
  expect(list).toContainEqual({ name: "accelerator-1/Instance", id: machine });
  expect(list).toContainEqual({ name: "Agent/Runtime/Bucket", id: managed(lost, "aws_s3_bucket")[0]?.id });
  const plan = await deployable.run(["plan", "--json"]);
  expect(plan.code, plan.stderr).toBe(0);
  const { changes } = JSON.parse(plan.stdout) as { changes: { action: string; name: string }[] };
  expect(changes.filter(({ action }) => action === "replace" || action === "delete")).toEqual([]);
  expect(changes.map(({ name }) => name).filter((name) => /Instance|KeyPair/.test(name))).toEqual([]);
  const again = await deployable.run(["up", "--no-wait"]);
  expect(again.code, again.stderr).toBe(0);
  expect((await deployable.run(["plan", "--check"])).code).toBe(0);
  expect([...(await running()).keys()]).toEqual([machine]);

  const removed = await deployable.run(["down", "--yes", "--json"]);
  expect(removed.code, removed.stderr).toBe(0);
  expect(JSON.parse(removed.stdout).untracked).toBeUndefined();
  expect((await running()).size).toBe(0);
});
