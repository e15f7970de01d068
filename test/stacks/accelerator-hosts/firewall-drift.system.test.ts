/**
 * Terraform and the reconciler share one group: what either of them makes is neither drift to the other
 * nor touched by it. The real Terraform and AWS provider, the real stacks, and the emulator.
 */

import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { describe, expect } from "vitest";
import { ensureKeyPair } from "../../../certs/key-pair.js";
import { loadConfig } from "../../../config/load.js";
import type { FirewallOptions } from "../../../firewall/options/schema.js";
import type { Emulator } from "../../../local/emulator/emulator.js";
import { acceleratorHosts } from "../../../stacks/accelerator-hosts/descriptor.js";
import { readOutputs } from "../../../stacks/accelerator-hosts/outputs.js";
import { buildStacks } from "../../../stacks/app.js";
import type { PreparedStack } from "../../../stacks/descriptor.js";
import { stackDir, statePath } from "../../../stacks/files.js";
import { firewallSync } from "../../../stacks/firewall-sync/descriptor.js";
import { readSyncOutputs } from "../../../stacks/firewall-sync/outputs.js";
import { Terraform } from "../../../stacks/terraform/run.js";
import type { PlannedChange } from "../../../stacks/terraform/terraform-log.js";
import { test } from "../../fixtures/emulator.js";
import { bundledRuntime } from "../../support/compiled.js";
import { FaultProxy } from "../../support/fault-proxy.js";
import { say, startListServer } from "../../support/list-server.js";
import type { RawEc2 } from "../../support/raw-ec2.js";
import { runInProcess } from "../../support/run-cli.js";
import { terraformForTests } from "../../support/terraform.js";
import { sampleInputs } from "../support/sample.js";

const WRITES = /^(?:Authorize|Revoke|Modify|Update)/;

let dir: string;
let emulator: Emulator;
let proxy: FaultProxy;
let raw: RawEc2;
let env: NodeJS.ProcessEnv;
let publicKey: string;

test.beforeAll(async ({ fileDir, emulator: started, rawEc2 }) => {
  [dir, emulator, raw] = [fileDir, started, rawEc2];
  for (const project of ["project", "two", "followed"]) await mkdir(join(dir, project));
  proxy = await FaultProxy.start({ upstream: emulator.url });
  env = { ...process.env, ...emulator.env, ...(await terraformForTests(dir)) };
  // The SDK looks for these in its own process; vitest gives each file a process of its own.
  Object.assign(process.env, emulator.env, { AWS_ENDPOINT_URL: proxy.url });
  await writeFile(join(dir, "runtime.tar.gz"), "a runtime");
  ({ publicKey } = await ensureKeyPair({ name: "lab", type: "ed25519", dir }));
});

test.afterAll(() => proxy?.close());

/** The hosts' stack, less what is not about the firewall. */
function hosts(options: FirewallOptions, project: string) {
  const {
    tls: _tls,
    token: _token,
    identity: _identity,
    ...inputs
  } = sampleInputs({
    projectDir: join(dir, project),
    name: project,
    region: "us-east-1",
    ami: "al2023",
    instanceType: "t3.micro",
    callers: ["203.0.113.7/32"],
    sshKey: { kind: "public-key", publicKey },
    firewall: options,
    runtime: { file: join(dir, "runtime.tar.gz"), sha256: "ab".repeat(32) },
    endpointUrl: emulator.url,
  });
  return inputs;
}

async function terraform(stack: PreparedStack, project = "project"): Promise<Terraform> {
  const outdir = join(dir, project, "cdktf.out");
  buildStacks([stack], { outdir }).synth();
  const found = await Terraform.find({ dir: stackDir(outdir, stack.name), env });
  await found.init();
  return found;
}

async function planned(options: FirewallOptions, project = "project"): Promise<readonly PlannedChange[]> {
  return (await terraform(acceleratorHosts.with(hosts(options, project)), project)).plan();
}

async function deploy(options: FirewallOptions, project = "project"): Promise<string> {
  const stack = await terraform(acceleratorHosts.with(hosts(options, project)), project);
  await stack.plan();
  await stack.apply();
  return (await readOutputs({ projectDir: join(dir, project) })).security_group_id;
}

async function sync(group: string, addresses: readonly string[], ...args: string[]) {
  const before = proxy.calls.length;
  await writeFile(join(dir, "allowed.txt"), addresses.join("\n"));
  const flags = ["--source", "file:allowed.txt", "--group", group, "--port", "22,5432", "--json"];
  const { code, stdout, stderr } = await runInProcess(["firewall", "sync", ...flags, ...args], {
    cwd: dir,
    env: { ...env, HOME: dir, SALLYPORT_CALLER: "109.1.1.1" },
  });
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const writes = proxy.calls.slice(before).filter(({ action }) => WRITES.test(action));
  return { report: JSON.parse(stdout), writes: writes.map(({ action }) => action) };
}

const OPTIONS: FirewallOptions = { enable_public_http: true, allow_ports: [22] };
/** One of them is the caller, whom Terraform has let in to 22 already. */
const LIST = ["203.0.113.7", "101.2.3.4"];
const PERMIT = ["--allow-private"];

// Each has a project and groups of its own: Terraform waits for all of them at once.
describe.concurrent("apply, sync, plan, sync", () => {
  let group = "";

  test.sequential("the deployed rules are foreign to a sync, and what it wants of them counts as there", async () => {
    group = await deploy(OPTIONS);
    const { report, writes } = await sync(group, LIST, "--owner", "project-1a2b3c4d", ...PERMIT);
    expect(writes).toEqual(["AuthorizeSecurityGroupIngress"]);
    expect(report.added.map(({ ports, source }: Record<string, string>) => `${ports} ${source}`).sort()).toEqual([
      "22 101.2.3.4/32",
      "5432 101.2.3.4/32",
      "5432 203.0.113.7/32",
    ]);
    expect(report.foreign).toHaveLength(3);
  });

  test.sequential("the real provider sees no drift after it", async () => {
    expect(await planned(OPTIONS)).toEqual([]);
  });

  test.sequential("a second sync makes no call that changes anything", async () => {
    const { report, writes } = await sync(group, LIST, "--owner", "project-1a2b3c4d", ...PERMIT);
    expect({ changed: report.changed, writes }).toEqual({ changed: false, writes: [] });
  });

  test.sequential("a deploy that takes rules away leaves those of the sync", async () => {
    const before = (await raw.rules(group)).map(({ description }) => description);
    expect(before.filter((text) => text.includes("enable_public_http"))).toHaveLength(2);
    await deploy({ allow_ports: [22] });
    const after = await raw.rules(group);
    expect(after.map(({ content, description }) => `${content} ${description}`).sort()).toEqual([
      "tcp 22-22 101.2.3.4/32 sallyport:project-1a2b3c4d",
      "tcp 22-22 203.0.113.7/32 sallyport:project-1a2b3c4d managed-by=terraform allow_ports",
      "tcp 5432-5432 101.2.3.4/32 sallyport:project-1a2b3c4d",
      "tcp 5432-5432 203.0.113.7/32 sallyport:project-1a2b3c4d",
    ]);
  });

  test.sequential("a sync whose owner is the deployment's name removes its own rules, and never Terraform's", async () => {
    const { report } = await sync(group, [], "--owner", "project-1a2b3c4d", "--allow-empty");
    expect(report.removed).toHaveLength(3);
    expect((await raw.rules(group)).map(({ content }) => content)).toEqual(["tcp 22-22 203.0.113.7/32"]);
    expect(await planned({ allow_ports: [22] })).toEqual([]);
  });
});

// On its own: EC2 shows the groups of an instance as they are, the emulator as they were at launch.
describe.concurrent("two groups from the start", () => {
  test.sequential("apply, the range of the VPC as a reference, and plan empty", async () => {
    const options: FirewallOptions = { profile: "dask", enable_public_ssh: false };
    const group = await deploy(options, "two");
    expect(await planned(options, "two")).toEqual([]);
    const contents = async (id: string) => (await raw.rules(id)).map(({ content }) => content).sort();
    expect(await contents(group)).toEqual(["tcp 8786-8786 0.0.0.0/0", "tcp 8787-8787 0.0.0.0/0"]);
    const state = JSON.parse(await readFile(statePath(join(dir, "two")), "utf8")) as {
      outputs: { internal_security_group_id: { value: string } };
    };
    expect(await contents(state.outputs.internal_security_group_id.value)).toEqual(["tcp 22-22 172.31.0.0/16"]);
  });
});

describe.concurrent("the stack firewall-sync", () => {
  test.sequential("deploys, plans empty, and its function does what its settings say", async () => {
    const project = join(dir, "followed");
    const group = await raw.createGroup("followed");
    await raw.allow(group, 22, "203.0.113.9/32", "by hand");
    const yaml = [
      "firewall_sync:",
      '  source: "aws:ROUTE53_HEALTHCHECKS/us-east-1"',
      "  groups:",
      `    - { group: ${group}, ports: [443] }`,
    ];
    await writeFile(join(project, "sallyport.yaml"), yaml.join("\n"));
    const around = { ...env, HOME: dir, XDG_CACHE_HOME: join(dir, "cache") };
    const loaded = await loadConfig({ cwd: project, env: around });
    const runtime = { bundle: bundledRuntime };
    const prepared = await firewallSync.prepareStack(loaded, { env: around, runtime });
    const stack = await terraform(prepared, "followed");
    await stack.plan();
    await stack.apply();
    expect(await (await terraform(prepared, "followed")).plan()).toEqual([]);

    const { function_name, schedule } = await readSyncOutputs({ projectDir: project });
    expect(schedule).toBe("rate(5 minutes)");
    const deployed = await functionOf(function_name);
    const range = (ip_prefix: string) => ({ ip_prefix, region: "us-east-1", service: "ROUTE53_HEALTHCHECKS" });
    const served = await startListServer(
      say({ prefixes: [range("15.177.0.0/18"), range("54.183.255.128/26")], ipv6_prefixes: [] }),
    );
    const variables = { ...deployed, SALLYPORT_AWS_IP_RANGES_URL: served.url };
    try {
      const first = await invoke(variables);
      expect(first).toMatchObject({ status: 0, report: { changed: true } });
      expect((await raw.rules(group)).map(({ content, description }) => `${content} ${description}`).sort()).toEqual([
        "tcp 22-22 203.0.113.9/32 by hand",
        "tcp 443-443 15.177.0.0/18 sallyport:aws.route53_healthchecks.us-east-1",
        "tcp 443-443 54.183.255.128/26 sallyport:aws.route53_healthchecks.us-east-1",
      ]);
      const again = await invoke(variables);
      expect(again).toMatchObject({ status: 0, report: { changed: false } });
    } finally {
      await served.close();
    }
    const refused = await invoke(variables);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(
      'cannot read "aws:ROUTE53_HEALTHCHECKS/us-east-1": connection refused\nnothing was changed\n',
    );
    expect(await raw.rules(group)).toHaveLength(3);
  });

  test.sequential("without a source it ends leases that are over, and only these", async () => {
    const group = await raw.createGroup("leased");
    await raw.allow(group, 22, "101.2.3.4/32", "sallyport:access until=2020-01-01T00:00:00Z for=ada");
    await raw.allow(group, 22, "101.2.3.5/32", "sallyport:access until=2999-01-01T00:00:00Z for=bob");
    await raw.allow(group, 22, "101.2.3.6/32", "sallyport:lab managed-by=terraform allow_ports");
    const settings = {
      sources: [],
      targets: [{ kind: "group", groupId: group, ports: [] }],
      owner: "leases",
      permits: {},
    };
    const { report } = await invoke({ SALLYPORT_SYNC: JSON.stringify(settings) });
    expect(report).toMatchObject({ removed: [{ source: "101.2.3.4/32" }] });
    expect(await raw.rules(group)).toHaveLength(2);
  });
});

describe("the function's secret", () => {
  const settings = (url: string, group: string, parameter: string) => ({
    SALLYPORT_SYNC: JSON.stringify({
      sources: [`json:${url}/list#/addresses`],
      targets: [{ kind: "group", groupId: group, ports: [{ from: 443, to: 443 }] }],
      owner: "secret",
      permits: {},
      credentials: { kind: "bearer", parameter },
    }),
  });

  test("is read from Parameter Store at each run, and sent to the source", async () => {
    const group = await raw.createGroup("with-secret");
    const ssm = new SSMClient({ endpoint: emulator.url, region: "us-east-1" });
    const Name = "/lists/token";
    await ssm.send(new PutParameterCommand({ Name, Type: "SecureString", Value: "s3cret-token\n" }));
    ssm.destroy();
    const served = await startListServer(say({ addresses: ["101.2.3.4"] }));
    try {
      expect(await invoke(settings(served.url, group, Name))).toMatchObject({ status: 0, report: { changed: true } });
      expect(served.requests).toEqual([{ path: "/list", authorization: "Bearer s3cret-token" }]);
      const refused = await invoke(settings(served.url, group, "/lists/other"));
      expect(refused).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('cannot read the parameter "/lists/other"'),
      });
      expect(served.requests).toHaveLength(1);
    } finally {
      await served.close();
    }
  });

  test("and without settings nothing is done", async () => {
    const { status, stderr } = await invoke({});
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining("SALLYPORT_SYNC does not say what to follow\ndeploy the function with"),
    });
  });
});

/** The variables of a deployed function, as Lambda would set them. */
async function functionOf(name: string): Promise<Record<string, string>> {
  const credential =
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0";
  const answer = await fetch(`${emulator.url}/2015-03-31/functions/${name}`, {
    headers: { authorization: credential },
  });
  const { Configuration } = (await answer.json()) as {
    Configuration: { Runtime: string; Handler: string; Environment: { Variables: Record<string, string> } };
  };
  expect(Configuration).toMatchObject({ Runtime: "nodejs22.x", Handler: "firewall-sync.handler" });
  return Configuration.Environment.Variables;
}

/** As Lambda does: a Node.js of its own imports the bundled file and calls what it exports. */
async function invoke(variables: Record<string, string>) {
  const script = `const { handler } = await import(${JSON.stringify(join(bundledRuntime, "firewall-sync.mjs"))});
    const report = await handler({});
    process.send(report, () => process.disconnect());`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: dir,
    env: { PATH: process.env.PATH, ...emulator.env, ...variables },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let report: unknown;
  let stderr = "";
  child.on("message", (message) => {
    report = message;
  });
  child.stdout?.resume();
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, report, stderr };
}
