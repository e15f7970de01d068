/**
 * Shows 3: the package as a user without rights gets it, from a registry, in an empty directory. The registry is the kit's
 * own mirror, to which the tarball is published. Each command of the README's first screen runs, against the emulator and
 * a host that really boots.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defined } from "../../base/defined.js";
import type { RunResult } from "../../base/process/run.js";
import { packageRoot } from "../../base/tools.js";
import { type Emulator, startEmulator } from "../../local/emulator/emulator.js";
import { emulatorEc2, readInstance } from "../../local/emulator/instance.js";
import { instanceRole } from "../../local/emulator/instance-role.js";
import { Host } from "../../local/machine/host.js";
import { namespaceSupport } from "../../local/machine/preflight.js";
import type { NetNamespace } from "../../local/network/net-namespace.js";
import { readOutputs } from "../../stacks/accelerator-hosts/outputs.js";
import { TestMirror, teamOver } from "../mirror/support/mirror.js";
import { runOk } from "../support/run.js";
import { terraformForTests } from "../support/terraform.js";
import { Unprivileged } from "./support/unprivileged.js";

const CALLER = "198.51.100.7";
const STEP_MS = 600_000;

let user: Unprivileged;
let mirror: TestMirror;
let emulator: Emulator;
let env: Readonly<Record<string, string>>;
/** With the emulator for AWS. */
let deploying: typeof env;
let project: string;
let host: Host | undefined;

beforeAll(async () => {
  expect(existsSync(join(packageRoot, "dist/cli/main.js")), 'run "npm run build" first').toBe(true);
  user = await Unprivileged.create();
  project = await user.makeDir("empty");
  const { dir } = user;
  await runOk("npm", ["pack", "--ignore-scripts", "--pack-destination", dir], { cwd: packageRoot, timeoutMs: STEP_MS });
  const [tarball = ""] = readdirSync(dir).filter((name) => name.endsWith(".tgz"));
  mirror = await TestMirror.start(teamOver("public:npmjs"), { "public:npmjs": "https://registry.npmjs.org/" });
  const registry = `http://127.0.0.1:${mirror.port}/npm/team/`;
  const npmrc = join(dir, "publisher.npmrc");
  await writeFile(npmrc, `${registry.replace(/^http:/, "")}:_authToken=any\n`);
  const publish = ["publish", join(dir, tarball), "--registry", registry, "--userconfig", npmrc, "--provenance=false"];
  await runOk("npm", publish, { cwd: dir, timeoutMs: STEP_MS });
  emulator = await startEmulator({ dir: join(dir, "logs") });
  env = { npm_config_registry: registry, SALLYPORT_AMI: "al2023", SALLYPORT_CALLER: CALLER };
  deploying = { ...env, ...emulator.env };
});

afterAll(async () => {
  await host?.stop();
  await emulator?.stop();
  await mirror?.destroy();
  await user?.remove();
});

const npx = (...words: string[]) => user.run("npx", ["--yes", ...words], { cwd: project, env });

/** The installed command. @param machine where the user sits. @default this one */
const sallyport = (words: readonly string[], machine?: NetNamespace): Promise<RunResult> =>
  user.run("sallyport", words, defined({ cwd: project, env: deploying, machine }));

/** The commands that the help names first, one of each group, and what they answer where nothing is deployed. */
const FIRST: Readonly<Record<string, readonly [words: string, status: number, answer: unknown]>> = {
  up: ["up", 4, { error: { code: "aws/no-credentials" } }],
  ls: ["ls accelerator-1", 3, { error: { code: "stacks/not-deployed" } }],
  firewall: [
    "firewall show",
    0,
    { rows: [{ ports: "22", source: `${CALLER}/32` }, { ports: "80" }, { ports: "443" }] },
  ],
  connect: ["connect windows --name build-3", 2, { error: { code: "gateway/no-url" } }],
  mirror: ["mirror status", 0, { logins: [] }],
  // Without the emulator, or without root.
  demo: ["demo --dir demo", 1, { ok: false }],
};

test("npx sallyport --help works in an empty directory, and so does the first command of each of its groups", async () => {
  const help = await npx("sallyport", "--help");
  expect(help.exitCode, help.stderr).toBe(0);
  const named = [...help.stdout.matchAll(/^\w+:\n {2}([a-z-]+) /gm)].map(([, name = ""]) => name);
  expect(named).toEqual(Object.keys(FIRST));
});

test.for(Object.entries(FIRST))("npx sallyport %s answers there", async ([, [words, status, answer]]) => {
  const { exitCode, stdout, stderr } = await npx("sallyport", ...words.split(" "), "--json");
  expect(exitCode, stderr).toBe(status);
  // A first download is npm's to report.
  const [said = ""] = stdout === "" ? stderr.split("\n").filter((line) => line.startsWith("{")) : [stdout];
  expect(JSON.parse(said)).toMatchObject(answer as object);
});

test("npm install -g sallyport brings the command and its man page", async () => {
  const installed = await user.run("npm", ["install", "-g", "sallyport"], { cwd: project, env });
  expect(installed.exitCode, installed.stderr).toBe(0);
  const man = await user.run("man", ["-w", "sallyport"], { cwd: project, env });
  expect(man).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/npm-global\/.*\/sallyport\.1$/) });
});

test("each command of the README's first screen works, from an address that may come in", async ({ skip }) => {
  const support = await namespaceSupport();
  if (typeof support === "string") return skip(support);
  await writeFile(join(project, "model.bin"), "weights\n");
  const text = readFileSync(join(packageRoot, "README.md"), "utf8");
  const [, block = ""] = /```console\n(\$ sallyport config init[\s\S]*?)```/.exec(text) ?? [];
  const lines = [...block.matchAll(/^\$ sallyport (.*?)(?: {2,}#.*)?$/gm)].map(([, line = ""]) => line);
  expect(lines.map((line) => line.split(" ")[0])).toEqual(
    expect.arrayContaining(["config", "up", "put", "ssh", "verify", "down"]),
  );
  for (const line of lines) {
    const words = line.split(" ");
    const isAtHost = !["config", "up", "down"].includes(words[0] ?? "");
    if (isAtHost) host ??= await boot(support);
    // Without a terminal, nothing can be asked.
    if (words[0] === "down") words.push("--yes");
    const { exitCode, stdout, stderr } = await sallyport(words, isAtHost ? host?.network.machine("caller") : undefined);
    // The host has no such device: what the program's shell says came over SSH.
    const expected = line.includes("nvidia-smi") ? 127 : 0;
    expect(exitCode, `${line}\n${stdout}\n${stderr}`).toBe(expected);
  }
  expect(statSync(join(user.home, ".ssh/sallyport.pem")).mode & 0o777).toBe(0o600);
});

async function boot(support: Exclude<Awaited<ReturnType<typeof namespaceSupport>>, string>): Promise<Host> {
  const [outputs] = (await readOutputs({ projectDir: project })).hosts;
  if (outputs === undefined) throw new Error("no host was deployed");
  const ec2 = emulatorEc2(deploying);
  try {
    const facts = { ...(await readInstance(ec2, outputs.instance_id)), defaultUser: outputs.ssh_user };
    const role = await instanceRole(deploying, facts);
    const outside = { caller: CALLER, stranger: "203.0.113.9" };
    const dir = join(user.dir, "logs");
    const booted = await Host.boot({
      facts,
      ...defined({ role }),
      emulatorUrl: emulator.url,
      outside,
      dir,
      ...support,
    });
    await booted.reloadRules(ec2);
    await booted.userDataDone();
    return booted;
  } finally {
    ec2.destroy();
  }
}

test("config init --cdktf in an empty directory, and the real cdktf deploys and destroys", async () => {
  const dir = await user.makeDir("cdktf");
  const bin = join(packageRoot, "node_modules/.bin");
  // The clone's cdktf may lie where only its owner can read.
  const shared = {
    PATH: `${user.path}:${bin}`,
    HOME: join(user.dir, "other-home"),
    CI: "1",
    npm_config_prefix: user.prefix,
  };
  const around = { ...deploying, ...(await terraformForTests(user.dir)), ...shared };
  const at = (program: string, ...args: string[]) => user.runAsOwner(program, args, { cwd: dir, env: around });
  const written = await at("sallyport", "config", "init", "--cdktf", "--json");
  expect(JSON.parse(written.stdout)).toMatchObject({ app: "npx --no-install sallyport synth --quiet" });
  expect(readdirSync(dir).sort()).toEqual(["cdktf.json", "sallyport.yaml"]);
  // Without autostop: told what a host does at its shutdown, the emulator takes away its security group.
  await writeFile(join(dir, "sallyport.yaml"), "name: by-cdktf\n");
  const deployed = await at("cdktf", "deploy", "accelerator-hosts", "--auto-approve", "--skip-provider-lock");
  expect(deployed.exitCode, `${deployed.stdout}\n${deployed.stderr}`.slice(-4_000)).toBe(0);
  const { hosts } = JSON.parse((await at("sallyport", "hosts", "--json")).stdout);
  expect(hosts).toMatchObject([{ name: "accelerator-1" }]);
  const again = await at("sallyport", "plan", "--check", "--json");
  expect(again.exitCode, again.stderr).toBe(0);
  const destroyed = await at("cdktf", "destroy", "accelerator-hosts", "--auto-approve");
  expect(destroyed.exitCode, `${destroyed.stdout}\n${destroyed.stderr}`.slice(-4_000)).toBe(0);
});
