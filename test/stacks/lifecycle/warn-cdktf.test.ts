/** The app that `cdktf` runs: cdktf shows what it says, and goes on. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { test } from "../../fixtures/temporary.js";
import { type AwsAnswer, startAws } from "../../support/aws-server.js";
import { runInProcess } from "../../support/run-cli.js";

/** An existing host needs no key, no caller and no network to be synthesized. */
const HOST = "host_ip: 203.0.113.7\n";
const GATEWAY = `${HOST}lab_gateway: { instance_type: f2.6xlarge }\ncaller: 203.0.113.9\nkey_type: ed25519\n`;
const FEW = { GetServiceQuota: { Quota: { Value: 8 } } };

interface Changed {
  readonly yaml?: string;
  readonly answers?: Readonly<Record<string, AwsAnswer>>;
  readonly env?: Record<string, string>;
}

async function synth(dir: string, { yaml = HOST, answers = {}, env: more = {} }: Changed) {
  const aws = await startAws(answers);
  await writeFile(join(dir, "sallyport.yaml"), yaml);
  const env = { PATH: process.env.PATH, HOME: dir, ...aws.env, ...more };
  const { code, stderr } = await runInProcess(["synth", "--quiet"], { cwd: dir, env });
  const stacks = join(more.CDKTF_OUTDIR ?? join(dir, "cdktf.out"), "stacks");
  const isThere = existsSync(join(stacks, "accelerator-hosts/cdk.tf.json"));
  return { code, isThere, stderr, asked: aws.asked };
}

test("S-10: what stands in the way is a warning, with what to type", async ({ dir }) => {
  const env = { CDKTF_OUTDIR: join(dir, "out") };
  const { code, isThere, stderr } = await synth(dir, { yaml: GATEWAY, answers: FEW, env });
  expect([code, isThere], stderr).toEqual([0, true]);
  expect(stderr).toContain(
    'warning: f2.6xlarge needs 24 vCPUs, and the quota "Running On-Demand F instances" is 8\n  ask for more: aws service-quotas',
  );
});

test("S-10: without credentials it warns, and synthesizes all the same", async ({ dir }) => {
  const answers = { GetCallerIdentity: { refuse: "ExpiredToken" } };
  const { code, isThere, stderr } = await synth(dir, { answers, env: { CDKTF_OUTDIR: join(dir, "out") } });
  expect([code, isThere], stderr).toEqual([0, true]);
  expect(stderr).toContain(
    "warning: the AWS credentials in AWS_ACCESS_KEY_ID have expired\n  sign in again, for example: aws sso login\n",
  );
});

test("S-01: the variables that cdktf passes on are named, without their values", async ({ dir }) => {
  const misleading = { TF_CLI_ARGS_apply: "-state=other.tfstate", TF_DATA_DIR: "/elsewhere" };
  const env = { CDKTF_OUTDIR: join(dir, "out"), ...misleading, TF_PLUGIN_CACHE_DIR: "/plugins" };
  const { stderr } = await synth(dir, { env });
  expect(stderr).toContain(
    "warning: cdktf passes your TF_CLI_ARGS_apply, TF_DATA_DIR on to Terraform; sallyport's commands run it without them\n",
  );
  expect(stderr).not.toContain("tfstate");
});

test("without cdktf nothing is asked but the account", async ({ dir }) => {
  const { code, isThere, stderr, asked } = await synth(dir, { answers: FEW, env: { TF_CLI_ARGS: "-x" } });
  expect([code, isThere, asked], stderr).toEqual([0, true, ["GetCallerIdentity"]]);
  expect(stderr).not.toContain("warning:");
});
