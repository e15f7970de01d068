/** A stack's life: plan it, put it up, take it down. Synthesis happens in this process. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { App } from "cdktf";
import { nearest } from "../base/text/nearest.js";
import type { LoadedConfig } from "../config/load.js";
import type { RuleTable } from "../firewall/options/table.js";
import { deployedHosts } from "./accelerator-hosts/hosts.js";
import type { DeploymentInputs } from "./accelerator-hosts/inputs.js";
import { deploymentTarget, prepareDeployment } from "./accelerator-hosts/prepare.js";
import { makesRules } from "./accelerator-hosts/rule-table.js";
import {
  decideFallback,
  failedHosts,
  onDemandInstead,
  type SpotRefusal,
  stillOnDemand,
} from "./accelerator-hosts/spot-fallback.js";
import { readOnDemand, writeOnDemand } from "./accelerator-hosts/spot-fallback-state.js";
import { buildStacks, buildTeardown } from "./app.js";
import * as errors from "./errors.js";
import { outDir, stackDir, statePath } from "./files.js";
import { prepareSync } from "./firewall-sync/prepare.js";
import { prepareLab } from "./lab-gateway/prepare.js";
import {
  LAB_STACK_NAME,
  MIRROR_STACK_NAME,
  STACK_NAME,
  STACK_NAMES,
  type StackName,
  SYNC_STACK_NAME,
} from "./names.js";
import { prepareMirror } from "./private-mirror/prepare.js";
import { resourceNames } from "./terraform/resource-names.js";
import { Terraform, type TerraformOptions } from "./terraform/run.js";
import type { PlannedChange } from "./terraform/terraform-log.js";

export interface DeployOptions extends Pick<TerraformOptions, "env" | "onStep" | "signal"> {
  /** @default "accelerator-hosts" */
  readonly stack?: StackName;
  /** Who may reach the hosts, in place of what environment and configuration say. */
  readonly caller?: readonly string[];
  /** Told the rules of the hosts as soon as they are known: before anything is planned. */
  readonly onTable?: (table: RuleTable, warnings: readonly string[]) => void;
  /** Told which hosts are made on demand, since there was no spot instance: they cost more. */
  readonly onFallback?: (refusals: readonly SpotRefusal[]) => void;
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
  if (options.stack === LAB_STACK_NAME) {
    const lab = await prepareLab(loaded, options);
    options.onTable?.(lab.table, lab.table.warnings);
    return plan(buildStacks({ lab }, { outdir }), outdir, options);
  }
  if (options.stack === MIRROR_STACK_NAME) {
    return plan(buildStacks({ mirror: await prepareMirror(loaded, options) }, { outdir }), outdir, options);
  }
  const hosts = await prepareDeployment(loaded, options);
  if (makesRules(hosts)) options.onTable?.(hosts.table, hosts.table.warnings);
  const planned = (inputs: DeploymentInputs) => plan(buildStacks({ hosts: inputs }, { outdir }), outdir, options);
  const first = await planned(hosts);
  return {
    changes: first.changes,
    apply: async () => {
      await applyOrFallBack(first, hosts, planned, options);
      // What went, and what is no spot instance any more, is forgotten.
      const configured = deployedHosts(loaded.config);
      await writeOnDemand(hosts.projectDir, stillOnDemand(await readOnDemand(hosts.projectDir), configured));
    },
  };
}

/** Applies; where AWS has no spot instance for some hosts, plans once more with these on demand. */
async function applyOrFallBack(
  first: Deployment,
  inputs: DeploymentInputs,
  planned: (inputs: DeploymentInputs) => Promise<Deployment>,
  options: DeployOptions,
): Promise<void> {
  try {
    return await first.apply();
  } catch (error) {
    const decision =
      error instanceof errors.TerraformFault ? decideFallback(error.failures, inputs.hosts) : { kind: "none" as const };
    if (decision.kind === "none") throw error;
    if (decision.kind === "refused") throw errors.spotRefused(decision.refusals, error);
    const { refusals } = decision;
    const refused = new Set(refusals.map(({ host }) => host));
    options.onFallback?.(refusals);
    const second = await planned({ ...inputs, hosts: onDemandInstead(inputs.hosts, refused) });
    // The user has agreed to what the first plan ends, and to nothing else.
    const agreed = new Set(first.changes.filter(endsMachine).map(({ address }) => address));
    const unforeseen = second.changes.filter((change) => endsMachine(change) && !agreed.has(change.address));
    if (unforeseen.length > 0) throw errors.endsUnforeseen(unforeseen.map(({ name }) => name));
    // Known before the machine is there: a deployment that is ended in between must not make it anew.
    const onDemand = new Set([...(await readOnDemand(inputs.projectDir)), ...refused]);
    await writeOnDemand(inputs.projectDir, onDemand);
    await second.apply().catch(async (failed: unknown) => {
      // Not to be had on demand either: the next deployment begins with a spot instance again.
      const hosts = failed instanceof errors.TerraformFault ? failedHosts(failed.failures) : new Set();
      await writeOnDemand(
        inputs.projectDir,
        [...onDemand].filter((host) => !(refused.has(host) && hosts.has(host))),
      );
      throw failed;
    });
  }
}

/** What there is to remove. Needs neither keys nor certificate nor caller: what the state holds goes. */
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
      if (stack === STACK_NAME) await writeOnDemand(target.projectDir, []);
    },
  };
}

/** Whether a change ends the life of a machine, or of a fleet's, and with it of what lies on its disk. */
export function endsMachine(change: PlannedChange): boolean {
  const isMachine = change.type === "aws_instance" || change.type === "aws_autoscaling_group";
  return isMachine && (change.action === "replace" || change.action === "delete");
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
