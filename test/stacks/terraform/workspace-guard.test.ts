import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { guardOtherStates } from "../../../stacks/terraform/workspace-guard.js";
import { nodeCommand } from "../../support/compiled.js";
import { faultText } from "../../support/fault-text.js";
import { run } from "../../support/run.js";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "workspaces-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function stackWith(name: string, workspaces: Readonly<Record<string, string>>): Promise<string> {
  const stack = join(dir, name);
  for (const [workspace, state] of Object.entries(workspaces)) {
    const file = join(stack, "terraform.tfstate.d", workspace, "terraform.tfstate");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, state);
  }
  return stack;
}

test("S-01: resources in another workspace are named, and how to remove them", async () => {
  const stack = await stackWith("full", { dev: '{"version":4,"resources":[{}]}' });
  expect((await faultText(guardOtherStates(stack))).replaceAll(dir, "DIR")).toMatchInlineSnapshot(`
    "there are resources in Terraform's workspace "dev" in "DIR/full", and sallyport uses the default one
      remove them first: TF_WORKSPACE=dev terraform -chdir=DIR/full destroy (exit 5)"
  `);
});

test.each([
  ["no workspaces", {}],
  ["an empty state", { dev: '{"version":4,"resources":[]}' }],
  ["no JSON", { dev: "" }],
])("%s is none of ours", async (name, workspaces) => {
  await guardOtherStates(await stackWith(name, workspaces));
});

test("S-01: the app that cdktf runs refuses a workspace, whose state would lie in cdktf.out", async () => {
  const [program = "", ...args] = nodeCommand("cli/main.ts", ["synth"]);
  const env = { PATH: process.env.PATH, HOME: dir, TF_WORKSPACE: "dev" };
  const { exitCode, stderr } = await run(program, args, { cwd: dir, env, inheritEnv: false });
  expect([exitCode, stderr]).toEqual([
    2,
    'error: TF_WORKSPACE="dev" would put the state where sallyport\'s commands do not find it\n  unset TF_WORKSPACE; for a second deployment use a directory and a name: of its own',
  ]);
});
