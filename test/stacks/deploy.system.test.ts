/** The real cdktf and the real Terraform against the emulator: apply, plan again, destroy, and look everywhere for secrets. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gunzipSync, inflateRawSync } from "node:zlib";
import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { describe, expect } from "vitest";
import { packageRoot } from "../../base/tools.js";
import type { Emulator } from "../../local/emulator/emulator.js";
import { type DeploymentOutputs, readOutputs } from "../../stacks/accelerator-hosts/outputs.js";
import { test } from "../fixtures/emulator.js";
import { runInProcess } from "../support/run-cli.js";
import { sharedCache, terraformForTests } from "../support/terraform.js";

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

let dir: string;
let project: string;
let emulator: Emulator;
let env: NodeJS.ProcessEnv;
/** Everything that any program said. */
let said = "";
let deployed: Ended;
let outputs: DeploymentOutputs;

/** Runs a program in the project, with the emulator for AWS and a home of its own. */
function start(program: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: project, env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
      });
    }
    child.once("error", reject).once("close", (status) => {
      said += output;
      resolve({ status, output });
    });
  });
}
const cdktf = createRequire(import.meta.url).resolve("cdktf-cli/bundle/bin/cdktf");
/** As it is shipped, for what meets the stack that cdktf deployed. */
const shipped = (...args: string[]) => start(process.execPath, [join(packageRoot, "dist/cli/main.js"), ...args]);
async function sallyport(...args: string[]): Promise<Ended> {
  const { code, stdout, stderr } = await runInProcess(args, { cwd: project, env });
  said += stdout + stderr;
  return { status: code, output: stdout + stderr };
}
const region = "us-east-1";

test.beforeAll(async ({ fileDir, emulator: started }) => {
  expect(existsSync(join(packageRoot, "dist/cli/main.js")), 'run "npm run build" first').toBe(true);
  [dir, emulator] = [fileDir, started];
  project = join(dir, "project");
  await mkdir(project);
  env = {
    PATH: process.env.PATH,
    HOME: join(dir, "home"),
    XDG_CACHE_HOME: sharedCache(dir),
    TMPDIR: process.env.TMPDIR,
    NO_COLOR: "1",
    CI: "1",
    ...emulator.env,
    ...(await terraformForTests(dir)),
  };
  // The SDK looks for these in its own process; vitest gives each file a process of its own.
  Object.assign(process.env, emulator.env);
  await writeFile(
    join(project, "cdktf.json"),
    JSON.stringify({
      language: "typescript",
      app: `${process.execPath} ${join(packageRoot, "dist/cli/main.js")} synth`,
      projectId: "0f7c1d86-3c60-4a55-9d5e-7f1f1a2b3c4d",
      sendCrashReports: "false",
    }),
  );
  await writeFile(
    join(project, "sallyport.yaml"),
    [
      "ami: al2023",
      "count: 2",
      "caller: [203.0.113.7, 2001:db8::7]",
      "authorized_host_dirs: [~/shared, /data:ro]",
    ].join("\n"),
  );
  deployed = await start(process.execPath, [
    cdktf,
    "deploy",
    "accelerator-hosts",
    "--auto-approve",
    "--skip-provider-lock",
  ]);
  expect(deployed.status, deployed.output.slice(-3_000)).toBe(0);
  outputs = await readOutputs({ projectDir: project });
});

const client = () => ({
  region,
  endpoint: emulator.url,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});

/** What may come in, as EC2 says: `22 203.0.113.7/32`. */
async function ingress(): Promise<string[]> {
  const filter = { Filters: [{ Name: "group-id", Values: [outputs.security_group_id] }] };
  const { SecurityGroupRules: rules = [] } = await new EC2Client(client()).send(
    new DescribeSecurityGroupRulesCommand(filter),
  );
  return rules
    .filter((rule) => !rule.IsEgress)
    .map((rule) => `${rule.FromPort} ${rule.CidrIpv4}`)
    .sort();
}

describe("after cdktf deploy", () => {
  test("exactly the callers may come in, on exactly the three ports", async () => {
    const ec2 = new EC2Client(client());
    const filter = { Filters: [{ Name: "group-id", Values: [outputs.security_group_id] }] };
    const { SecurityGroupRules: rules = [] } = await ec2.send(new DescribeSecurityGroupRulesCommand(filter));
    const printed = rules.map(
      (rule) =>
        `${rule.IsEgress ? "out" : "in"} ${rule.IpProtocol} ${rule.FromPort}-${rule.ToPort} ${rule.CidrIpv4 ?? rule.CidrIpv6} ${rule.Description?.replace(/-[0-9a-f]{8} /, "-SUFFIX ")}`,
    );
    expect(printed.sort()).toEqual([
      "in tcp 22-22 2001:db8::7/128 sallyport:sallyport-SUFFIX managed-by=terraform caller",
      "in tcp 22-22 203.0.113.7/32 sallyport:sallyport-SUFFIX managed-by=terraform caller",
      "in tcp 443-443 2001:db8::7/128 sallyport:sallyport-SUFFIX managed-by=terraform caller",
      "in tcp 443-443 203.0.113.7/32 sallyport:sallyport-SUFFIX managed-by=terraform caller",
      "in tcp 80-80 2001:db8::7/128 sallyport:sallyport-SUFFIX managed-by=terraform caller",
      "in tcp 80-80 203.0.113.7/32 sallyport:sallyport-SUFFIX managed-by=terraform caller",
      "out -1 -1--1 0.0.0.0/0 sallyport:sallyport-SUFFIX out",
      "out -1 -1--1 ::/0 sallyport:sallyport-SUFFIX out",
    ]);
  });

  test("the machines are as asked for, and guarded by that group alone", async () => {
    const ec2 = new EC2Client(client());
    const ids = outputs.hosts.map(({ instance_id }) => instance_id);
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: ids }));
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
    expect(instances).toHaveLength(2);
    for (const instance of instances) {
      expect(instance.InstanceType).toBe("f2.6xlarge");
      expect(instance.SecurityGroups?.map(({ GroupId }) => GroupId)).toEqual([outputs.security_group_id]);
      expect(instance.MetadataOptions).toMatchObject({ HttpTokens: "required", HttpPutResponseHopLimit: 1 });
      expect(instance.Tags).toEqual(
        expect.arrayContaining([
          { Key: "ManagedBy", Value: "sallyport" },
          { Key: "Project", Value: "sallyport" },
        ]),
      );
    }
  });

  test("the secrets in Parameter Store equal the files, byte for byte", async () => {
    const ssm = new SSMClient(client());
    const state = await readFile(join(project, "terraform.accelerator-hosts.tfstate"), "utf8");
    const suffix = /\/sallyport\/(sallyport-[0-9a-f]{8})\/token/.exec(state)?.[1];
    for (const [name, file] of [
      ["tls-key", "sallyport.key"],
      ["token", "sallyport.token"],
    ]) {
      const asked = { Name: `/sallyport/${suffix}/${name}`, WithDecryption: true };
      const { Parameter } = await ssm.send(new GetParameterCommand(asked));
      expect(Parameter?.Type).toBe("SecureString");
      expect(Parameter?.Value).toBe(await readFile(join(dir, "home/.ssh", file ?? ""), "utf8"));
    }
  });

  test("a second deploy with nothing changed plans nothing", async () => {
    const again = await shipped("plan", "--check", "--json");
    expect(again.status, again.output).toBe(0);
    const dir = join(project, "cdktf.out/stacks/accelerator-hosts");
    const terraform = await start("terraform", [
      `-chdir=${dir}`,
      "plan",
      "-detailed-exitcode",
      "-out=searched.tfplan",
      "-input=false",
      "-no-color",
    ]);
    expect(terraform.status, terraform.output).toBe(0);
  });

  test("hosts lists what is there", async () => {
    const listed = await sallyport("hosts", "--json");
    expect(listed.status, listed.output).toBe(0);
    expect(JSON.parse(listed.output)).toEqual(outputs);
    const certificate = await readFile(join(dir, "home/.ssh/sallyport.crt"), "utf8");
    expect(outputs.hosts.map(({ agent_url, ssh_command }) => [agent_url, ssh_command])).toEqual(
      outputs.hosts.map(({ public_ip }) => [
        `https://${public_ip}`,
        `ssh -i ${join(dir, "home/.ssh/sallyport.pem")} -o IdentitiesOnly=yes ec2-user@${public_ip}`,
      ]),
    );
    const { X509Certificate } = await import("node:crypto");
    expect(outputs.certificate_fingerprint).toBe(new X509Certificate(certificate).fingerprint256);
  });

  test("no line of a private key, and no token, is anywhere but in its own file and Parameter Store", async () => {
    // A plan on disk too, in both of its forms.
    const stack = join(project, "cdktf.out/stacks/accelerator-hosts");
    const shown = await start("terraform", [`-chdir=${stack}`, "show", "-json", "searched.tfplan"]);
    expect(shown.status, shown.output.slice(-3_000)).toBe(0);
    const ec2 = new EC2Client(client());
    const scripts = await Promise.all(
      outputs.hosts.map(async ({ instance_id }) => {
        const asked = { InstanceId: instance_id, Attribute: "userData" as const };
        const { UserData } = await ec2.send(new DescribeInstanceAttributeCommand(asked));
        return Buffer.from(UserData?.Value ?? "", "base64").toString();
      }),
    );
    expect(scripts.every((script) => script.includes('say "host ready"'))).toBe(true);

    const places = new Map<string, string>([
      ["everything that was printed", said],
      ["the emulator's log", await readFile(join(dir, "moto/moto.log"), "utf8")],
      ...scripts.map((script, index): [string, string] => [`user data ${index + 1}`, withDecoded(script)]),
    ]);
    for (const file of await filesBelow(project)) {
      const bytes = await readFile(file);
      places.set(file, withDecoded(bytes.toString("latin1")));
      for (const [name, member] of zipMembers(bytes)) places.set(`${file}!${name}`, withDecoded(member));
    }
    expect([...places.keys()].filter((place) => place.includes("tfplan!")).length).toBeGreaterThan(1);

    const ssh = join(dir, "home/.ssh");
    const secrets: string[] = [(await readFile(join(ssh, "sallyport.token"), "utf8")).trim()];
    for (const file of ["sallyport.key", "sallyport.pem"]) {
      const lines = (await readFile(join(ssh, file), "utf8")).split("\n");
      secrets.push(...lines.filter((line) => line.length >= 16 && !line.startsWith("-----")));
    }
    expect(secrets.length).toBeGreaterThan(40);
    // The search itself finds what is hidden two layers down.
    const hidden = Buffer.from(`a ${Buffer.from(`b ${secrets[0]} c`).toString("base64")} d`).toString("base64");
    expect(withDecoded(hidden)).toContain(secrets[0]);
    const found = [...places].flatMap(([place, text]) =>
      secrets.filter((secret) => text.includes(secret)).map(() => place),
    );
    expect(found).toEqual([]);
  });

  test("Terraform's chatty log levels are refused before anything is read", async () => {
    const refused = await start(process.execPath, [join(packageRoot, "dist/cli/main.js"), "plan"], { TF_LOG: "TRACE" });
    expect(refused.status).toBe(2);
    expect(refused.output).toContain('error: TF_LOG="TRACE" would print private keys');
  });
});

describe("up", () => {
  test("for another caller changes the rules, not the machines, and asks nothing", async () => {
    const changed = await sallyport("up", "--caller", "198.51.100.9", "--json", "--quiet");
    expect(changed.status, changed.output).toBe(0);
    const after = JSON.parse(changed.output) as DeploymentOutputs & { changes: { action: string; type: string }[] };
    expect(after.hosts).toEqual(outputs.hosts);
    expect(after.callers).toEqual(["198.51.100.9/32"]);
    expect(new Set(after.changes.map(({ type }) => type))).toEqual(new Set(["aws_vpc_security_group_ingress_rule"]));
    expect(await ingress()).toEqual([22, 443, 80].map((port) => `${port} 198.51.100.9/32`));
  });

  test("asks before a machine is lost, and where nobody can be asked it does nothing", async () => {
    await writeFile(join(project, "sallyport.yaml"), "ami: al2023\ncount: 1\ncaller: 198.51.100.9\n");
    const refused = await sallyport("up");
    expect(refused.status, refused.output).toBe(2);
    expect(refused.output).toMatch(
      /error: accelerator-1, accelerator-2 would be lost, with all data there, but there is no terminal to ask on\n.*--yes/,
    );
    expect((await readOutputs({ projectDir: project })).hosts).toEqual(outputs.hosts);
  });
});

describe("down", () => {
  test("removes everything, without the keys that it was made with; a second time it finds nothing", async () => {
    await rm(join(dir, "home/.ssh"), { recursive: true });
    const removed = await sallyport("down", "--yes");
    expect(removed.status, removed.output).toBe(0);
    const ec2 = new EC2Client(client());
    const { SecurityGroupRules: rules = [] } = await ec2.send(new DescribeSecurityGroupRulesCommand({}));
    expect(rules.filter(({ Description }) => Description?.startsWith("sallyport:"))).toEqual([]);
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    const states = Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name));
    expect(states.every((state) => state === "terminated")).toBe(true);
    await expect(readOutputs({ projectDir: project })).rejects.toMatchObject({ code: "stacks/not-deployed" });
    expect((await sallyport("down", "--yes")).output).toContain("nothing is deployed from here");
  });
});

/** The text, and after it what every base64 run in it says: a key may hide one layer down. */
function withDecoded(text: string, depth = 3): string {
  if (depth === 0) return text;
  const runs = text.match(/[A-Za-z0-9+/]{40,}={0,2}/g) ?? [];
  return [text, ...runs.map((run) => withDecoded(Buffer.from(run, "base64").toString("latin1"), depth - 1))].join("\n");
}

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("/providers/"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The members of a zip file, which a plan is, by its central directory. */
function zipMembers(bytes: Buffer): [name: string, text: string][] {
  const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06"));
  if (bytes.subarray(0, 2).toString() !== "PK" || end < 0) return [];
  const members: [string, string][] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const method = bytes.readUInt16LE(at + 10);
    const size = bytes.readUInt32LE(at + 20);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const local = bytes.readUInt32LE(at + 42);
    const name = bytes.subarray(at + 46, at + 46 + (nameLength ?? 0)).toString();
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const packed = bytes.subarray(from, from + size);
    const plain = method === 0 ? packed : inflateRawSync(packed);
    members.push([
      name,
      (plain.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b])) ? gunzipSync(plain) : plain).toString("latin1"),
    ]);
    at += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return members;
}
