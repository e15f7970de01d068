import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { ensureProjectId } from "../../../stacks/place/record.js";
import { test } from "../../fixtures/temporary.js";
import { type AwsAnswer, startAws } from "../../support/aws-server.js";
import { fakeTerraform } from "../../support/fake-terraform.js";
import { runInProcess } from "../../support/run-cli.js";

const ENDPOINT = { action: "create", resource: { addr: "aws_vpc_endpoint.Api", resource_type: "aws_vpc_endpoint" } };

/** A stack that needs no keys, which are slow to make, and whose endpoints cost by the hour. */
async function project(dir: string, planned = [ENDPOINT], answers: Readonly<Record<string, AwsAnswer>> = {}) {
  const aws = await startAws(answers);
  const terraform = await fakeTerraform(join(dir, "bin"), planned);
  await writeFile(join(dir, "sallyport.yaml"), "private_mirror: { readers: [arn:aws:iam::111122223333:role/ci] }\n");
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    runInProcess([...args, "private-mirror"], {
      cwd: dir,
      env: { ...aws.env, HOME: dir, PATH: terraform.path, ...env },
    });
  const applied = async () => (await terraform.calls()).some(({ args: [command] }) => command === "apply");
  return { aws, terraform, run, applied };
}

const COST = "makes 1 VPC endpoint in us-east-1, which AWS charges by the hour";

describe("S-21: what costs money", () => {
  test("is not made without a yes, which needs a terminal or --yes", async ({ dir }) => {
    const { run, applied } = await project(dir);
    const { code, stderr } = await run(["up"]);
    expect([code, await applied()]).toEqual([2, false]);
    expect(stderr).toContain(`error: this ${COST}, but there is no terminal to ask on\n  add --yes to go ahead`);
  });

  test.for([
    ["--yes", ["up", "--yes"], {}],
    ["CI", ["up"], { CI: "true" }],
  ] as const)("is made with %s, and said", async ([, args, env], { dir }) => {
    const { run, applied } = await project(dir);
    const { stderr } = await run(args, env);
    expect(await applied()).toBe(true);
    expect(stderr).toContain(`This ${COST}.`);
  });

  test("is asked about where CI says no", async ({ dir }) => {
    const { run, applied } = await project(dir);
    expect((await run(["up"], { CI: "false" })).code).toBe(2);
    expect(await applied()).toBe(false);
  });

  test("is nothing on an emulator, and in a plan that makes none of it", async ({ dir }) => {
    const { run, applied } = await project(dir);
    const emulated = await run(["up"], { AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
    expect([await applied(), emulated.stderr.includes("charges")]).toEqual([true, false]);
    const free = { action: "create", resource: { addr: "aws_iam_role.Role", resource_type: "aws_iam_role" } };
    const other = await project(join(dir), [free]);
    await other.run(["up"]);
    expect(await other.applied()).toBe(true);
  });
});

describe("S-07: what an earlier run made and no state has", () => {
  const endpoint = "<vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId></item></vpcEndpointSet>";
  const named = "made from here, but in no state: vpce-1 (vpc endpoint)";

  test("ends up before anything is planned, and is a warning of plan and down", async ({ dir }) => {
    const { run, applied } = await project(dir, [], { DescribeVpcEndpoints: endpoint });
    await ensureProjectId(dir);
    const up = await run(["up", "--yes"]);
    expect([up.code, up.stdout, await applied()]).toEqual([5, "", false]);
    expect(up.stderr).toContain(`error: ${named}\n  an interrupted run left this, and another would be made beside it`);
    for (const args of [["plan"], ["down", "--yes"]]) {
      const { code, stderr } = await run(args);
      expect([args, code]).toEqual([args, 0]);
      expect(stderr).toContain(`warning: ${named}`);
    }
    expect(JSON.parse((await run(["plan", "--json"])).stdout).untracked).toMatchObject([{ id: "vpce-1" }]);
  });

  test("is a warning of status where nothing is deployed, for there a first run was interrupted", async ({ dir }) => {
    const { aws, terraform } = await project(dir, [], { DescribeVpcEndpoints: endpoint });
    await ensureProjectId(dir);
    const env = { ...aws.env, HOME: dir, PATH: terraform.path };
    const { code, stderr } = await runInProcess(["status"], { cwd: dir, env });
    expect(code).toBe(3);
    expect(stderr).toContain(`warning: ${named}`);
  });
});

describe("S-16: without a terminal, each line", () => {
  test("of an apply begins with the command, though its plan was made before", async ({ dir }) => {
    const { run } = await project(dir);
    const up = await run(["up", "--yes"]);
    expect(up.stderr).toMatch(/^plan: planning with /m);
    expect(up.stderr).toContain("\nup: created Api\n");
    await writeFile(join(dir, "terraform.private-mirror.tfstate"), '{"version":4,"resources":[]}');
    const down = await run(["down", "--yes"]);
    expect(down.stderr).toContain("\ndown: created Api\n");
    for (const { stderr } of [up, down]) expect(stderr).not.toMatch(/^plan: created/m);
  });
});

describe("S-19: what would be waited for in vain", () => {
  test("is named before down removes anything", async ({ dir }) => {
    const group = {
      action: "delete",
      resource: { addr: "aws_security_group.Api", resource_type: "aws_security_group" },
    };
    const used =
      "<networkInterfaceSet><item><networkInterfaceId>eni-9</networkInterfaceId><groupSet><item><groupId>sg-1</groupId></item></groupSet></item></networkInterfaceSet>";
    const { run, applied } = await project(dir, [group], { DescribeNetworkInterfaces: used });
    const resources = [
      { mode: "managed", type: "aws_security_group", name: "Api", instances: [{ attributes: { id: "sg-1" } }] },
    ];
    await writeFile(join(dir, "terraform.private-mirror.tfstate"), JSON.stringify({ version: 4, resources }));
    for (const command of ["down", "up"]) {
      const { code, stderr } = await run([command, "--yes"]);
      expect([command, code, await applied()]).toEqual([command, 5, false]);
      expect(stderr).toContain("EC2 would not remove what is still in use: sg-1 by eni-9 (not attached)");
    }
  });

  test.for([
    ["hosts", [], ""],
    ["a lab's gateway", ["lab-gateway"], "lab_gateway: {}\n"],
  ] as const)("is a caller with IPv6 alone, of %s, before a key is made", async ([, stack, yaml], { dir }) => {
    const { aws, terraform } = await project(dir);
    await writeFile(join(dir, "sallyport.yaml"), `instance_type: f2.6xlarge\n${yaml}`);
    const env = { ...aws.env, HOME: dir, PATH: terraform.path, SALLYPORT_PREFLIGHT_SECONDS: "0" };
    const { code, stderr } = await runInProcess(["plan", ...stack, "--caller", "2001:db8::7"], { cwd: dir, env });
    expect(code, stderr).toBe(2);
    expect(stderr).toContain("--caller: only 2001:db8::7/128 may come in, and machines are met at IPv4 addresses");
    expect((await readdir(dir)).filter((name) => name === ".ssh")).toEqual([]);
  });
});

describe("S-10: the questions", () => {
  test("come first, and their answers with the plan", async ({ dir }) => {
    const { run } = await project(dir, []);
    const { stdout, stderr } = await run(["plan"]);
    expect(stderr).toContain("  account  111122223333 as user/ada\n  region   us-east-1 (built in)\n");
    expect(stdout).toContain("nothing to change");
    expect(JSON.parse((await run(["plan", "--json"])).stdout)).toMatchObject({
      preflight: [{ check: "account", state: "ok" }, { check: "region" }],
    });
  });

  test("end the command before anything is made, if AWS cannot give the machines", async ({ dir }) => {
    const { aws, terraform } = await project(dir, [], { DescribeVpcs: "<vpcSet/>" });
    await writeFile(join(dir, "sallyport.yaml"), "caller: 203.0.113.7\n");
    const env = { ...aws.env, HOME: dir, PATH: terraform.path };
    for (const command of ["plan", "up"]) {
      const { code, stderr } = await runInProcess([command], { cwd: dir, env });
      expect(code).toBe(1);
      expect(stderr).toContain("error: us-east-1 has no default VPC\n  make it: aws ec2 create-default-vpc");
    }
    expect(await terraform.calls()).toEqual([]);
    expect((await readdir(dir)).sort()).toEqual(["bin", "sallyport.yaml"]);
  });

  test("end the command before Terraform begins", async ({ dir }) => {
    const { run, applied } = await project(dir, [], { GetCallerIdentity: { refuse: "ExpiredToken" } });
    const { code, stderr } = await run(["up", "--yes"]);
    expect(code).toBe(4);
    expect(stderr).toContain("error: the AWS credentials in AWS_ACCESS_KEY_ID have expired\n  sign in again");
    expect(await applied()).toBe(false);
  });
});
