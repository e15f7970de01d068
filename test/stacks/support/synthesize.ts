/** From the text of a sallyport.yaml to the JSON of its stacks, all the way that `cdktf deploy` goes. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { App } from "cdktf";
import { loadConfig } from "../../../config/load.js";
import { LabStack } from "../../../examples/own-cdktf-app/stack.js";
import { prepareNewHosts } from "../../../stacks/accelerator-hosts/prepare.js";
import { buildStacks, buildTeardown } from "../../../stacks/app.js";
import type { StackName } from "../../../stacks/names.js";
import { deploymentTarget } from "../../../stacks/prepare/target.js";
import { stackNamed } from "../../../stacks/registry.js";

/** @returns the text of the stack's `cdk.tf.json`. */
export async function synthesize(stack: StackName, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const loaded = await loadConfig({ cwd, env });
  const outdir = join(cwd, "cdktf.out");
  const runtime = await smallRuntime(cwd);
  const prepared = await stackNamed(stack).prepareStack(loaded, { env, runtime });
  return textOf(buildStacks([prepared], { outdir }), outdir, stack);
}

export async function synthesizeTeardown(stack: StackName, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const outdir = join(cwd, "cdktf.out");
  const target = deploymentTarget(await loadConfig({ cwd, env }), env);
  return textOf(buildTeardown(stack, target, { outdir }), outdir, stack);
}

async function textOf(app: App, outdir: string, stack: string): Promise<string> {
  app.synth();
  return readFile(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8");
}

/** What `examples/own-cdktf-app/main.ts` does, in this process. */
export async function synthesizeExample(cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const loaded = await loadConfig({ cwd, env });
  const parts = await prepareNewHosts(loaded, { env, runtime: await smallRuntime(cwd) });
  const outdir = join(cwd, "cdktf.out");
  const app = new App({ outdir });
  new LabStack(app, "lab", parts);
  return textOf(app, outdir, "lab");
}

/** Files in place of the bundles and of the hosts' Node.js: only the digest of an archive reaches a stack. */
async function smallRuntime(cwd: string): Promise<{ readonly bundle: string; readonly node: string }> {
  const bundle = join(cwd, "runtime");
  const names = ["agent.mjs", "gateway.mjs", "firewall-sync.mjs", "systemd/sallyport-secrets.service"];
  for (const name of [...names, "gateway-systemd/sallyport-gateway.service", "node"]) {
    await mkdir(dirname(join(bundle, name)), { recursive: true });
    await writeFile(join(bundle, name), name);
  }
  return { bundle, node: join(bundle, "node") };
}
