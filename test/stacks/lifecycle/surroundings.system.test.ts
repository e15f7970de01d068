/** Real Terraform against the emulator, in surroundings that would lead it elsewhere: variables, workspaces, a project that moves. */
import { cp, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { expect } from "vitest";
import { EXIT } from "../../../base/fault.js";
import type { DeploymentOutputs } from "../../../stacks/accelerator-hosts/outputs.js";
import { test } from "../../fixtures/deployable.js";
import type { Deployable } from "../../support/deployable.js";
import { runOk } from "../../support/run.js";
import { terraformForTests } from "../../support/terraform.js";

const STATE = "terraform.accelerator-hosts.tfstate";
let deployable: Deployable;
/** The project is here; `deployable.project` is where it was first. */
let place: string;

test.beforeAll(async ({ deployable: started }) => {
  deployable = started;
  place = deployable.project;
  await deployable.configure(["ami: al2023", "instance_type: g6.xlarge", "caller: 203.0.113.7", ""]);
});

async function sallyport(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const ended = await deployable.run([...args, "--config", join(place, "sallyport.yaml")], env);
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  return ended;
}
const hosts = async () => (JSON.parse((await sallyport(["hosts", "--json"])).stdout) as DeploymentOutputs).hosts;

const removeStack = () => rm(join(place, "cdktf.out"), { recursive: true });

async function instanceStates(): Promise<string[]> {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const ec2 = new EC2Client({ region: "us-east-1", endpoint: deployable.url, credentials });
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name ?? ""));
}

test("S-01: up under Terraform's own variables makes what the other commands find", async () => {
  const misleading = {
    TF_WORKSPACE: "dev",
    TF_DATA_DIR: join(place, "data"),
    TF_CLI_ARGS_apply: `-state=${join(place, "other.tfstate")}`,
    TF_AWS_DEFAULT_TAGS_project: "apollo",
  };
  const { stderr } = await sallyport(["up", "--no-wait"], misleading);
  for (const name of Object.keys(misleading)) expect(stderr).toContain(name);
  expect(stderr).not.toContain("apollo");
  expect(await hosts()).toHaveLength(1);
  expect(await readdir(place)).not.toEqual(expect.arrayContaining(["data"]));
  expect(await readdir(place)).not.toEqual(expect.arrayContaining(["other.tfstate"]));
  await sallyport(["plan", "--check"]);
});

/** Credentials of another account. */
async function strangers(): Promise<Record<string, string>> {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const sts = new STSClient({ region: "us-east-1", endpoint: deployable.url, credentials });
  const role = { RoleArn: "arn:aws:iam::222222222222:role/other", RoleSessionName: "other" };
  const { Credentials } = await sts.send(new AssumeRoleCommand(role));
  return {
    AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId ?? "",
    AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey ?? "",
    AWS_SESSION_TOKEN: Credentials?.SessionToken ?? "",
  };
}

test("S-02: no command asks another region or account than that of the deployment", async () => {
  const state = await readFile(join(place, STATE), "utf8");
  const others = [
    [
      { AWS_REGION: "eu-west-1" },
      "is in us-east-1 of account 123456789012, and this command would ask eu-west-1 (AWS_REGION)",
    ],
    [await strangers(), "is in account 123456789012 (us-east-1), and these credentials are of account 222222222222"],
  ] as const;
  for (const [env, told] of others) {
    for (const args of [
      ["status"],
      ["stop", "--mode", "stop"],
      ["start"],
      ["plan"],
      ["up"],
      ["down", "--yes"],
      ["access", "list"],
    ]) {
      const { code, stdout, stderr } = await deployable.run(args, env);
      expect([args, code, stdout]).toEqual([args, EXIT.conflict, ""]);
      expect(stderr).toContain(told);
    }
  }
  expect(await readFile(join(place, STATE), "utf8")).toBe(state);
  expect(await instanceStates()).toEqual(["running"]);
});

test("S-01: a workspace that Terraform selected in cdktf.out by hand does not lead the kit astray", async () => {
  const cwd = join(place, "cdktf.out/stacks/accelerator-hosts");
  const env = await terraformForTests(join(place, ".."));
  await runOk("terraform", ["init", "-input=false"], { cwd, env });
  await runOk("terraform", ["workspace", "new", "dev"], { cwd, env });
  await sallyport(["plan", "--check"]);
  // As an `apply` in that workspace leaves it: with a state that only Terraform can remove.
  const other = join(cwd, "terraform.tfstate.d/dev/terraform.tfstate");
  await cp(join(place, STATE), other);
  const before = await readFile(join(place, STATE), "utf8");
  const refused = await deployable.run(["plan", "--check"]);
  expect(refused.code, refused.stderr).toBe(EXIT.conflict);
  expect(refused.stderr).toContain('there are resources in Terraform\'s workspace "dev"');
  expect(await readFile(join(place, STATE), "utf8")).toBe(before);
  expect(await readFile(other, "utf8")).toBe(before);
  await rm(other);
});

test("S-06: a project that was moved goes on with its state, and writes none where it was", async () => {
  const [host] = await hosts();
  place = `${deployable.project}-moved`;
  await rename(deployable.project, place);
  await mkdir(deployable.project);
  // Before anything is written anew: this stack still names the old place.
  await sallyport(["stop", "--mode", "stop"]);
  expect(await instanceStates()).toEqual(["stopped"]);
  // S-05: and nothing of the stack is left.
  await removeStack();
  await sallyport(["start", "--no-wait"]);
  await sallyport(["plan", "--check"]);
  const [started] = await hosts();
  expect(started?.instance_id).toBe(host?.instance_id);
  expect(started?.public_ip).not.toBe(host?.public_ip);
  expect(await readdir(deployable.project)).toEqual([]);
  expect(await instanceStates()).toEqual(["running"]);
});

test("S-05: stop, start and down work after cdktf.out was removed", async () => {
  await removeStack();
  await sallyport(["stop", "--mode", "stop"]);
  expect(await instanceStates()).toEqual(["stopped"]);
  await removeStack();
  const { stdout } = await sallyport(["down", "--yes"], { TF_WORKSPACE: "dev" });
  expect(stdout).toMatch(/^removed \d+ resources$/m);
  expect(await instanceStates()).toEqual(["terminated"]);
});
