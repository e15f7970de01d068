/** A stack's life: plan it, put it up, take it down. Synthesis happens in this process. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { App } from "cdktf";
import { nearest } from "../base/nearest.js";
import type { LoadedConfig } from "../config/load.js";
import type { RuleTable } from "../firewall/table.js";
import { buildStacks, buildTeardown } from "./app.js";
import * as errors from "./errors.js";
import { outDir, stackDir, statePath } from "./files.js";
import { agentPort, deploymentTable, tableWarnings } from "./firewall.js";
import { STACK_NAME, STACK_NAMES, type StackName, SYNC_STACK_NAME } from "./names.js";
import { deploymentTarget, prepareDeployment } from "./prepare.js";
import { prepareSync } from "./prepare-sync.js";
import { resourceNames } from "./resource-names.js";
import { Terraform, type TerraformOptions } from "./terraform.js";
import type { PlannedChange } from "./terraform-log.js";

export interface DeployOptions extends Pick<TerraformOptions, "env" | "onStep" | "signal"> {
  /** @default "accelerator-hosts" */
  readonly stack?: StackName;
  /** Who may reach the hosts, in place of what environment and configuration say. */
  readonly caller?: readonly string[];
  /** Told the rules of the hosts as soon as they are known: before anything is planned. */
  readonly onTable?: (table: RuleTable, warnings: readonly string[]) => void;
}

export interface Deployment {
  readonly changes: readonly PlannedChange[];
  /** Makes the planned changes, and no others. */
  apply(): Promise<void>;
}

/** @throws Fault for a name that no stack has. */
export function stackNamed(name: string = STACK_NAME): StackName {
  const found = STACK_NAMES.find((stack) => stack === name);
  if (found === undefined) throw errors.unknownStack(name, nearest(name, STACK_NAMES), STACK_NAMES);
  return found;
}

/** What would have to change for a stack to be as configured. */
export async function planUp(loaded: LoadedConfig, options: DeployOptions): Promise<Deployment> {
  const outdir = outDir(loaded.projectDir);
  if (options.stack === SYNC_STACK_NAME) {
    return plan(buildStacks({ sync: await prepareSync(loaded, options) }, { outdir }), outdir, options);
  }
  const hosts = await prepareDeployment(loaded, options);
  const table = deploymentTable(hosts);
  options.onTable?.(table, tableWarnings(table, hosts.firewall, agentPort(hosts)));
  return plan(buildStacks({ hosts }, { outdir }), outdir, options);
}

/** What there is to remove. Needs neither keys nor certificate nor caller: what the state holds goes. */
export async function planDown(loaded: LoadedConfig, options: DeployOptions): Promise<Deployment> {
  const target = deploymentTarget(loaded, options.env);
  const { stack = STACK_NAME } = options;
  if (!existsSync(statePath(target.projectDir, stack))) return { changes: [], apply: async () => undefined };
  const outdir = join(outDir(target.projectDir), "down");
  return plan(buildTeardown(stack, target, { outdir }), outdir, options, outDir(target.projectDir));
}

/** Whether a change ends the life of a machine, and with it of what lies on its disk. */
export function endsMachine(change: PlannedChange): boolean {
  return change.type === "aws_instance" && (change.action === "replace" || change.action === "delete");
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
