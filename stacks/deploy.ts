/** A deployment's life: plan it, put it up, take it down. Synthesis happens in this process. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { App } from "cdktf";
import type { LoadedConfig } from "../config/load.js";
import { buildApp, buildTeardown } from "./app.js";
import { outDir, stackDir, statePath } from "./files.js";

import { deploymentTarget, prepareDeployment } from "./prepare.js";
import { resourceNames } from "./resource-names.js";
import { Terraform, type TerraformOptions } from "./terraform.js";
import type { PlannedChange } from "./terraform-log.js";

export interface DeployOptions extends Pick<TerraformOptions, "env" | "onStep" | "signal"> {
  /** Who may reach the hosts, in place of what environment and configuration say. */
  readonly caller?: readonly string[];
}

export interface Deployment {
  readonly changes: readonly PlannedChange[];
  /** Makes the planned changes, and no others. */
  apply(): Promise<void>;
}

/** What would have to change for the hosts to be as configured. */
export async function planUp(loaded: LoadedConfig, options: DeployOptions): Promise<Deployment> {
  const inputs = await prepareDeployment(loaded, options);
  const outdir = outDir(inputs.projectDir);
  return plan(buildApp(inputs, { outdir }), outdir, options);
}

/** What there is to remove. Needs neither keys nor certificate nor caller: what the state holds goes. */
export async function planDown(loaded: LoadedConfig, options: DeployOptions): Promise<Deployment> {
  const target = deploymentTarget(loaded, options.env);
  if (!existsSync(statePath(target.projectDir))) return { changes: [], apply: async () => undefined };
  const outdir = join(outDir(target.projectDir), "down");
  return plan(buildTeardown(target, { outdir }), outdir, options, outDir(target.projectDir));
}

/** Whether a change ends the life of a machine, and with it of what lies on its disk. */
export function endsMachine(change: PlannedChange): boolean {
  return change.type === "aws_instance" && (change.action === "replace" || change.action === "delete");
}

async function plan(app: App, outdir: string, options: DeployOptions, namesFrom = outdir): Promise<Deployment> {
  app.synth();
  const terraform = await Terraform.find({ ...options, dir: stackDir(outdir), nameOf: await resourceNames(namesFrom) });
  options.onStep?.(`planning with ${terraform.binary} ${terraform.version}`);
  await terraform.init();
  return { changes: await terraform.plan(), apply: () => terraform.apply() };
}
