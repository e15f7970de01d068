/** cdktf.out may be thrown away, and the project moved: what counts is sallyport.yaml and the state beside it. */
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../../config/load.js";
import { planDown } from "../../../stacks/lifecycle/deploy.js";
import { refreshState } from "../../../stacks/lifecycle/sync-state.js";
import { STACK_NAMES } from "../../../stacks/names.js";
import { deployedState } from "../../support/deployed-state.js";
import { type FakeTerraform, fakeTerraform } from "../../support/fake-terraform.js";

const STATE = "terraform.accelerator-hosts.tfstate";
let dir: string;
let project: string;
let env: NodeJS.ProcessEnv;
let fake: FakeTerraform;
let number = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "throw-away-"));
  fake = await fakeTerraform(join(dir, "bin"));
  env = { HOME: join(dir, "home"), PATH: fake.path };
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  await fake.calls();
  number += 1;
  project = join(dir, `project-${number}`);
  await mkdir(project);
  // An existing host needs no key, no caller and no network to be synthesized.
  await writeFile(join(project, "sallyport.yaml"), "instance_id: i-0123456789abcdef0\nregion: eu-west-1\n");
  await writeFile(join(project, STATE), deployedState({ security_group_id: "", public_ips: ["203.0.113.9"] }));
});

const load = (cwd: string) => loadConfig({ cwd, env });
const refresh = async (cwd: string) => refreshState(await load(cwd), { env });
/** The state that Terraform was sent to by each of its commands. */
async function states(): Promise<Set<string | undefined>> {
  return new Set((await fake.calls()).map(({ state }) => state));
}

test.each(STACK_NAMES)("S-05: down %s works where cdktf.out was never made, or was removed", async (stack) => {
  await writeFile(join(project, `terraform.${stack}.tfstate`), '{"version":4}');
  for (let time = 0; time < 2; time += 1) {
    const { changes } = await planDown(await load(project), { env, stack });
    expect(changes).toEqual([]);
    expect(await states()).toEqual(new Set([join(project, `terraform.${stack}.tfstate`)]));
    await rm(join(project, "cdktf.out"), { recursive: true });
  }
});

test("S-05: down works beside a stack of which a killed command wrote only a part", async () => {
  await refresh(project);
  await fake.calls();
  await writeFile(join(project, "cdktf.out/stacks/accelerator-hosts/cdk.tf.json"), '{"resource": {');
  const { changes } = await planDown(await load(project), { env });
  expect(changes).toEqual([]);
  expect(await refresh(project)).toBe(true);
});

test("S-05: the new addresses of started hosts reach the state where cdktf.out was removed", async () => {
  expect(await refresh(project)).toBe(true);
  await rm(join(project, "cdktf.out"), { recursive: true });
  expect(await refresh(project)).toBe(true);
  expect((await fake.calls()).map(({ args }) => args[0])).toEqual(
    [1, 2].flatMap(() => ["init", "plan", "show", "apply"]),
  );
});

test("a stack that lies there is taken as it is", async () => {
  await refresh(project);
  const file = join(project, "cdktf.out/stacks/accelerator-hosts/cdk.tf.json");
  const stack = { ...JSON.parse(await readFile(file, "utf8")), locals: { mark: 1 } };
  await writeFile(file, JSON.stringify(stack));
  await refresh(project);
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual(stack);
});

test.each([
  ["moved", (from: string, to: string) => rename(from, to)],
  ["copied", (from: string, to: string) => cp(from, to, { recursive: true })],
])("S-06: a project that was %s works with the state that went along, and with no other", async (_, go) => {
  await refresh(project);
  await planDown(await load(project), { env });
  expect(await states()).toEqual(new Set([join(project, STATE)]));
  const there = `${project}-there`;
  await go(project, there);
  await refresh(there);
  await planDown(await load(there), { env });
  expect(await states()).toEqual(new Set([join(there, STATE)]));
});

test("S-06: Terraform takes the place of the state from the stack, whatever it remembers, and copies no state", async () => {
  await planDown(await load(project), { env });
  const [init] = await fake.calls();
  expect(init?.args).toEqual(["init", "-json", "-input=false", "-reconfigure"]);
});
