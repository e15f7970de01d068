/** The lifecycle of a stack: plan, apply, destroy. Synthesis happens in this process. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { App } from "cdktf";
import type { LoadedConfig } from "../../config/load.js";
import { buildStacks, buildTeardown } from "../app.js";
import type { PreparedStack } from "../descriptor.js";
import { outDir, stackDir, statePath } from "../files.js";
import { STACK_NAME } from "../names.js";
import { deploymentTarget } from "../prepare/target.js";
import { stackNamed } from "../registry.js";
import { resourceNames } from "../terraform/resource-names.js";
import { Terraform } from "../terraform/run.js";
import type { Deployment, DeployOptions } from "./deployment.js";

/** Plans the changes that bring a stack to its configuration. */
export async function planUp(loaded: LoadedConfig, options: DeployOptions): Promise<Deployment> {
  const outdir = outDir(loaded.projectDir);
  const prepared = await stackNamed(options.stack).prepareStack(loaded, options);
  const { rules } = prepared;
  if (rules !== undefined) options.onTable?.(rules, rules.warnings);
  const planned = (stack: PreparedStack) => plan(buildStacks([stack], { outdir }), outdir, options);
  return prepared.deploy(planned, loaded.config, options);
}

/** Plans the removal of everything in the state. Needs neither keys nor certificate nor callers. */
export async function planDown(loaded: LoadedConfig, options: DeployOptions): Promise<Deployment> {
  const target = deploymentTarget(loaded, options.env);
  const { stack = STACK_NAME } = options;
  if (!existsSync(statePath(target.projectDir, stack))) return { changes: [], apply: async () => undefined };
  const outdir = join(outDir(target.projectDir), "down");
  const planned = await plan(buildTeardown(stack, target, { outdir }), outdir, options, outDir(target.projectDir));
  return {
    changes: planned.changes,
    apply: async () => {
      await planned.apply();
      await stackNamed(stack).forget?.(target.projectDir);
    },
  };
}

async function plan(app: App, outdir: string, options: DeployOptions, namesFrom = outdir): Promise<Deployment> {
  app.synth();
  const { stack = STACK_NAME, ...rest } = options;
  const nameOf = await resourceNames(namesFrom, stack);
  const terraform = await Terraform.find({ ...rest, dir: stackDir(outdir, stack), nameOf });
  options.onStep?.(`planning with ${terraform.binary} ${terraform.version}`);
  await terraform.init();
  return { changes: await terraform.plan(), apply: () => terraform.apply() };
}
