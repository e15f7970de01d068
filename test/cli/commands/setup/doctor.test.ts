import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ensureKeyPair } from "../../../../certs/key-pair.js";
import { ensureToken } from "../../../../certs/token.js";
import { credentialsRow } from "../../../../local/doctor/machine.js";
import { nodeRow } from "../../../../local/doctor/programs.js";
import { startAws } from "../../../support/aws-server.js";
import { runInProcess } from "../../../support/run-cli.js";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "sallyport-doctor-"));
});
afterEach(() => rm(home, { recursive: true }));

interface Check {
  readonly check: string;
  readonly state: string;
  readonly found: string;
  readonly mend?: string;
}

async function doctor(env: Record<string, string> = {}) {
  const { code, stdout: out } = await runInProcess(["doctor", "--json"], {
    cwd: home,
    env: { HOME: home, PATH: process.env.PATH, ...env },
  });
  const { healthy, checks }: { healthy: boolean; checks: Check[] } = JSON.parse(out);
  return { code, healthy, out, row: (name: string) => checks.find(({ check }) => check === name) };
}

describe("sallyport doctor", () => {
  test("on a fresh machine says that the first deploy makes what is missing", async () => {
    const { row } = await doctor();
    for (const name of ["ssh key pair", "certificate", "token"]) {
      expect(row(name)).toMatchObject({ state: "optional", mend: "nothing to do: the first deploy makes it" });
    }
    expect(row("configuration")).toEqual({
      check: "configuration",
      state: "ok",
      found: "no sallyport.yaml; defaults hold",
    });
  });

  test("without Terraform ends with status 1 and says how to get it", async () => {
    const { code, healthy, row } = await doctor({ TERRAFORM_BINARY_NAME: "no-such-terraform" });
    expect([code, healthy]).toEqual([1, false]);
    expect(row("terraform")).toEqual({
      check: "terraform",
      state: "missing",
      found: 'there is no Terraform: "no-such-terraform" not found on PATH',
      mend: "install Terraform >= 1.11 (https://developer.hashicorp.com/terraform/install) or OpenTofu >= 1.11, or name one in TERRAFORM_BINARY_NAME",
    });
  });

  test.each(["DEBUG", "trace", "JSON"])("warns of TF_LOG=%s, which prints private keys", async (level) => {
    const { code, row } = await doctor({ TF_LOG: level });
    expect([code, row("terraform log")?.state]).toEqual([1, "problem"]);
  });

  test("finds a private key that others may read", async () => {
    const dir = join(home, ".ssh");
    const { privatePath } = await ensureKeyPair({ name: "sallyport", type: "ed25519", dir });
    expect((await doctor()).row("ssh key pair")?.state).toBe("ok");
    await chmod(privatePath, 0o644);
    const { code, row } = await doctor();
    expect([code, row("ssh key pair")?.state]).toEqual([1, "problem"]);
    expect(row("ssh key pair")?.mend).toContain("chmod 600");
  });

  test("S-10: where there are credentials, says what AWS can give", async () => {
    const { asked, env } = await startAws({
      GetServiceQuota: { Quota: { Value: 0 } },
      DescribeImages: { refuse: "X" },
    });
    expect((await doctor()).row("aws account")).toBeUndefined();
    expect(asked).toEqual([]);
    const { code, row } = await doctor(env);
    expect(code).toBe(1);
    expect(row("aws account")).toEqual({ check: "aws account", state: "ok", found: "111122223333 as user/ada" });
    expect(row("aws quota")).toMatchObject({
      state: "problem",
      found: 'f2.6xlarge needs 24 vCPUs, and the quota "Running On-Demand F instances" is 0',
      mend: expect.stringMatching(/^ask for more: aws service-quotas request-service-quota-increase /),
    });
  });

  test("S-10: asks for no quota for a gateway that is there", async () => {
    const { env } = await startAws({ GetServiceQuota: { Quota: { Value: 0 } } });
    await writeFile(join(home, "sallyport.yaml"), "host_ip: 203.0.113.7\nlab_gateway: { instance_type: f2.6xlarge }\n");
    expect((await doctor(env)).row("aws quota")?.state).toBe("problem");
    const gateway = { mode: "managed", type: "aws_instance", name: "x", instances: [{ attributes: { id: "i-1" } }] };
    const state = JSON.stringify({ version: 4, resources: [gateway] });
    await writeFile(join(home, "terraform.lab-gateway.tfstate"), state);
    expect((await doctor(env)).row("aws quota")).toBeUndefined();
  });

  test("never prints the token or credentials", async () => {
    const { env } = await startAws();
    await mkdir(join(home, ".ssh"), { mode: 0o700 });
    const path = join(home, ".ssh/sallyport.token");
    await ensureToken(path);
    const { readFile } = await import("node:fs/promises");
    const { out, row } = await doctor({
      ...env,
      AWS_ACCESS_KEY_ID: "AKIDNOTPRINTED",
      AWS_SECRET_ACCESS_KEY: "secretNotPrinted",
    });
    expect(row("token")).toMatchObject({ state: "ok", found: path });
    expect(row("aws credentials")).toMatchObject({ state: "ok", found: "in AWS_ACCESS_KEY_ID" });
    expect(out).not.toContain(await readFile(path, "utf8"));
    expect(out).not.toContain("NOTPRINTED");
    expect(out).not.toContain("NotPrinted");
  });

  test("reports a broken configuration as one row among the others", async () => {
    await writeFile(join(home, "sallyport.yaml"), "count: 0\n");
    const { code, row } = await doctor();
    expect(code).toBe(1);
    expect(row("configuration")).toEqual({
      check: "configuration",
      state: "problem",
      found: "sallyport.yaml:1:1: count is 0",
      mend: "it must be a whole number from 1 to 100",
    });
    expect(row("certificate")).toBeUndefined();
  });
});

test.each([
  ["18.20.4", "missing"],
  ["20.18.9", "missing"],
  ["20.19.0", "ok"],
  ["22.0.0", "ok"],
  ["100.1.0", "ok"],
])("Node %s is %s", (version, state) => {
  expect(nodeRow(version).state).toBe(state);
});

test("says where credentials come from, and that the demo needs none", () => {
  expect(credentialsRow({ HOME: home }).state).toBe("optional");
  expect(credentialsRow({ HOME: home, AWS_ACCESS_KEY_ID: "AK" }).state).toBe("optional");
  expect(credentialsRow({ HOME: home, AWS_WEB_IDENTITY_TOKEN_FILE: "/t" }).found).toBe(
    "through AWS_WEB_IDENTITY_TOKEN_FILE",
  );
});
