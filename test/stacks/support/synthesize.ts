/** From the text of a sallyport.yaml to the JSON of its stacks, all the way that `cdktf deploy` goes. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { App } from "cdktf";
import { loadConfig } from "../../../config/load.js";
import { LabStack } from "../../../examples/own-cdktf-app/stack.js";
import { deploymentTarget, prepareDeployment } from "../../../stacks/accelerator-hosts/prepare.js";
import { buildStacks, buildTeardown } from "../../../stacks/app.js";
import { prepareSync } from "../../../stacks/firewall-sync/prepare.js";
import { prepareLab } from "../../../stacks/lab-gateway/prepare.js";
import { prepareMirror } from "../../../stacks/private-mirror/prepare.js";

export type StackId = "accelerator-hosts" | "firewall-sync" | "lab-gateway" | "private-mirror";

/** @returns the text of the stack's `cdk.tf.json`. */
export async function synthesize(stack: StackId, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const loaded = await loadConfig({ cwd, env });
  const outdir = join(cwd, "cdktf.out");
  const runtime = await smallRuntime(cwd);
  const inputs = {
    "accelerator-hosts": async () => ({ hosts: await prepareDeployment(loaded, { env, runtime }) }),
    "firewall-sync": async () => ({ sync: await prepareSync(loaded, { env, bundle: runtime.bundle }) }),
    "lab-gateway": async () => ({ lab: await prepareLab(loaded, { env, runtime }) }),
    "private-mirror": async () => ({ mirror: await prepareMirror(loaded, { env }) }),
  };
  return textOf(buildStacks(await inputs[stack](), { outdir }), outdir, stack);
}

export async function synthesizeTeardown(stack: StackId, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const outdir = join(cwd, "cdktf.out");
  const target = deploymentTarget(await loadConfig({ cwd, env }), env);
  return textOf(buildTeardown(stack, target, { outdir }), outdir, stack);
}

export async function textOf(app: App, outdir: string, stack: string): Promise<string> {
  app.synth();
  return readFile(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8");
}

/** What `examples/own-cdktf-app/main.ts` does, in this process. */
export async function synthesizeExample(cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const loaded = await loadConfig({ cwd, env });
  const prepared = await prepareDeployment(loaded, { env, runtime: await smallRuntime(cwd) });
  const { callers, sshKey, tls, token, runtime } = prepared;
  if (tls === undefined || token === undefined || runtime === undefined) throw new Error("new hosts have all of these");
  const outdir = join(cwd, "cdktf.out");
  const app = new App({ outdir });
  new LabStack(app, "lab", { callers, publicKey: sshKey.publicKey ?? "", tls, token, runtime });
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
