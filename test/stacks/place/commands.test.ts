/** Every command that asks or changes what is deployed asks in its place, or not at all. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { EXIT } from "../../../base/fault.js";
import { test } from "../../fixtures/temporary.js";
import { startAws } from "../../support/aws-server.js";
import { deployedState } from "../../support/deployed-state.js";
import { fakeTerraform } from "../../support/fake-terraform.js";
import { runInProcess } from "../../support/run-cli.js";

const COMMANDS = [
  ["status"],
  ["stop", "--mode", "stop"],
  // Not even asked about.
  ["stop", "--mode", "term"],
  ["stop", "--mode", "term", "--yes"],
  ["start"],
  ["plan"],
  ["up"],
  ["down"],
  ["down", "--orphans"],
  ["adopt"],
  ["access", "list"],
  ["access", "grant", "ada", "--from", "203.0.113.7", "--for", "1h"],
];

/** Deployed in us-east-1 of account 222222222222; the credentials are of 111122223333. */
async function project(dir: string) {
  const aws = await startAws();
  const terraform = await fakeTerraform(join(dir, "bin"));
  await writeFile(join(dir, "sallyport.yaml"), "caller: 203.0.113.7\n");
  const outputs = JSON.parse(deployedState({ security_group_id: "sg-1", public_ips: ["203.0.113.9"] })) as object;
  const arn = "arn:aws:ec2:us-east-1:222222222222:security-group/sg-1";
  const group = {
    mode: "managed",
    type: "aws_security_group",
    name: "x",
    instances: [{ attributes: { id: "sg-1", arn } }],
  };
  const host = { mode: "managed", type: "aws_instance", name: "h", instances: [{ attributes: { id: "i-1" } }] };
  await writeFile(
    join(dir, "terraform.accelerator-hosts.tfstate"),
    JSON.stringify({ ...outputs, resources: [group, host] }),
  );
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    runInProcess(args, { cwd: dir, env: { ...aws.env, HOME: dir, PATH: terraform.path, ...env } });
  return { asked: aws.asked, calls: terraform.calls, run };
}

describe.each(COMMANDS.map((args) => [args.join(" "), args] as const))("S-02: %s", (_, args) => {
  test("is refused in another region, and asks nobody", async ({ dir }) => {
    const { asked, calls, run } = await project(dir);
    const { code, stdout, stderr } = await run(args, { AWS_REGION: "eu-west-1" });
    expect([code, stdout], stderr).toEqual([EXIT.conflict, ""]);
    expect(stderr).toContain(
      "accelerator-hosts is in us-east-1 of account 222222222222, and this command would ask eu-west-1 (AWS_REGION)",
    );
    // sts:GetCallerIdentity says nothing about the deployment.
    expect(asked.filter((action) => action !== "GetCallerIdentity")).toEqual([]);
    expect(await calls()).toEqual([]);
  });

  test("is refused with another account's credentials", async ({ dir }) => {
    const { asked, calls, run } = await project(dir);
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout], stderr).toEqual([EXIT.conflict, ""]);
    expect(stderr).toContain(
      "accelerator-hosts is in account 222222222222 (us-east-1), and these credentials are of account 111122223333",
    );
    // The questions before a plan are about what AWS can give, and change nothing.
    if (!/^(?:plan|up)$/.test(args[0] ?? "")) expect([...new Set(asked)]).toEqual(["GetCallerIdentity"]);
    expect(asked.every((action) => /^(?:Describe|Get)/.test(action))).toBe(true);
    expect(await calls()).toEqual([]);
  });
});
