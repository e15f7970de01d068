/** What `stop` and `start` ask before they change anything. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { test } from "../../fixtures/temporary.js";
import { type AwsAnswers, startAws } from "../../support/aws-server.js";
import { deployedState } from "../../support/deployed-state.js";
import { fakeTerraform } from "../../support/fake-terraform.js";
import { runInProcess } from "../../support/run-cli.js";

const items = (name: string, list: readonly string[]) =>
  `<${name}>${list.map((item) => `<item>${item}</item>`).join("")}</${name}>`;
const machines = (...states: readonly string[]) =>
  items("reservationSet", [
    items(
      "instancesSet",
      states.map(
        (state, index) =>
          `<instanceId>i-${index + 1}</instanceId><instanceType>f2.6xlarge</instanceType><instanceState><name>${state}</name></instanceState>`,
      ),
    ),
  ]);
const STARTED: AwsAnswers = { StartInstances: items("instancesSet", []) };

/** Hosts that were there before need no keys, which are slow to make. */
async function project(dir: string, answers: AwsAnswers, yaml = "") {
  const aws = await startAws({ ...STARTED, ...answers });
  const terraform = await fakeTerraform(join(dir, "bin"));
  await writeFile(join(dir, "sallyport.yaml"), `hosts: { a: { instance_id: i-0123456789abcdef0 } }\n${yaml}`);
  const addresses = ["203.0.113.9", "203.0.113.10"];
  await writeFile(
    join(dir, "terraform.accelerator-hosts.tfstate"),
    deployedState({ security_group_id: "", public_ips: addresses }),
  );
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    runInProcess(args, { cwd: dir, env: { ...aws.env, HOME: dir, PATH: terraform.path, ...env } });
  return { asked: aws.asked, run };
}

const PRICE = "starts 2 × f2.6xlarge in us-east-1: 3.96 USD an hour, 95.04 a day";
/** Both stand still at first, and run as soon as they were asked to. */
const STILL: AwsAnswers = {
  DescribeInstances: (time) => (time <= 3 ? machines("stopped", "stopped") : machines("running", "running")),
};

describe("S-21: a start costs money", () => {
  test("and needs a yes, which needs a terminal or --yes", async ({ dir }) => {
    const { run, asked } = await project(dir, { DescribeInstances: machines("stopped", "stopped") });
    const { code, stderr } = await run(["start"]);
    expect([code, asked.includes("StartInstances")]).toEqual([2, false]);
    expect(stderr).toContain(
      `error: this ${PRICE}, until "sallyport stop"; autostop is off, but there is no terminal to ask on\n  add --yes to go ahead`,
    );
  });

  test.for([
    ["--yes", ["start", "--yes", "--no-wait"], {}],
    ["CI", ["start", "--no-wait"], { CI: "true" }],
  ] as const)("which %s gives; the price is said all the same", async ([, args, env], { dir }) => {
    const { run, asked } = await project(dir, STILL, "autostop: 1h\n");
    const { code, stdout, stderr } = await run(args, env);
    expect([code, asked.filter((action) => action === "StartInstances").length], stderr).toEqual([0, 2]);
    expect(stderr).toContain(`This ${PRICE}, until "sallyport stop" or autostop.\n`);
    expect(stdout).toContain("accelerator-1 runs at 203.0.113.9");
  });

  test("of those alone that stand still, and of none if all run", async ({ dir }) => {
    const one = await project(dir, { DescribeInstances: machines("running", "stopped") });
    expect((await one.run(["start"])).stderr).toContain("this starts f2.6xlarge in us-east-1: 1.98 USD an hour");
    const none = await project(dir, { DescribeInstances: machines("running", "running") });
    const { code, stdout } = await none.run(["start"]);
    expect([code, stdout]).toEqual([0, "all of them run already\n"]);
    expect(none.asked).not.toContain("GetProducts");
  });

  test("at the spot market's price, and at a listed one if AWS tells none", async ({ dir }) => {
    const spot = machines("stopped").replace(
      "</instanceType>",
      "</instanceType><instanceLifecycle>spot</instanceLifecycle>",
    );
    const onSpot = await project(dir, { DescribeInstances: spot });
    expect((await onSpot.run(["start", "accelerator-1"])).stderr).toContain(
      "this starts f2.6xlarge (spot) in us-east-1: about 0.79 USD an hour",
    );
    const denied = { DescribeInstances: machines("stopped"), GetProducts: { refuse: "AccessDeniedException" } };
    const listed = await project(dir, denied);
    expect((await listed.run(["start", "accelerator-1"])).stderr).toContain("about 1.98 USD an hour");
  });

  test("but not on an emulator, nor if one of them cannot be started", async ({ dir }) => {
    const emulated = await project(dir, STILL);
    const { code, stderr } = await emulated.run(["start", "--no-wait"], { AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
    expect([code, stderr.includes("USD")]).toEqual([0, false]);
    const gone = await project(dir, { DescribeInstances: machines("stopped", "terminated") });
    expect(await gone.run(["start", "--yes"])).toMatchObject({ code: 3, stdout: "" });
    expect(gone.asked).not.toContain("StartInstances");
  });
});
