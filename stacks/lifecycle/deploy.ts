/** The lifecycle of a stack: plan, apply, destroy. Synthesis happens in this process. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { App } from "cdktf";
import { defined } from "../../base/defined.js";
import { EXIT, Fault } from "../../base/fault.js";
import { makeDir } from "../../base/fs/make-dir.js";
import type { LoadedConfig } from "../../config/load.js";
import { readOutputs } from "../accelerator-hosts/outputs.js";
import { type AppOptions, buildStacks, buildTeardown } from "../app.js";
import type { PreparedStack } from "../descriptor.js";
import { outDir, stackDir, statePath } from "../files.js";
import { STACK_NAME } from "../names.js";
import { askIdentity } from "../place/caller-identity.js";
import { checkPlace, checkRegion } from "../place/check-place.js";
import { recordPlace } from "../place/record.js";
import { costSentence } from "../preflight/cost.js";
import { checkPreflight, runPreflight } from "../preflight/preflight.js";
import { deploymentTarget } from "../prepare/target.js";
import { stackNamed } from "../registry.js";
import { resourceNames } from "../terraform/resource-names.js";
import { Terraform } from "../terraform/run.js";
import { interruptedWith } from "../untracked/errors.js";
import { findUntracked } from "../untracked/find.js";
import { refuseGroupsInUse } from "../untracked/groups-in-use.js";
import { refuseTaken } from "../untracked/refuse-taken.js";
import type { Deployment, DeployOptions, PlannedUp } from "./deployment.js";

/** Milliseconds for the last question to AWS after an interruption. */
const LAST_LOOK_MS = 15_000;

/** Plans the changes that bring a stack to its configuration. */
export async function planUp(loaded: LoadedConfig, options: DeployOptions): Promise<PlannedUp> {
  const outdir = outDir(loaded.projectDir);
  const stack = stackNamed(options.stack);
  const { config } = loaded;
  const { region } = config;
  const { env, signal } = options;
  const wanted = stack.machines?.(config) ?? [];
  const together = [stack.name, ...(stack.reads?.(config) ?? [])];
  await checkRegion(loaded, together);
  const preflight = await runPreflight(loaded, { stacks: [stack.name], wanted, env, signal });
  options.onPreflight?.(preflight.findings);
  if (preflight.refusal !== undefined) throw preflight.refusal;
  const identity = preflight.identity ?? (await askIdentity(defined({ region, signal })));
  await checkPlace(loaded, together, { identity });
  checkPreflight(preflight);
  const prepared = await stack.prepareStack(loaded, { ...options, account: identity.account });
  const { rules } = prepared;
  if (rules !== undefined) options.onTable?.(rules, rules.warnings);
  const place = { account: identity.account, region };
  await refuseTaken(loaded, prepared, place, options);
  const untracked = await findUntracked(loaded, options);
  if (untracked.length > 0) options.onUntracked?.(untracked);
  const planned = (stack: PreparedStack) => plan((to) => buildStacks([stack], to), outdir, options);
  const deployment = await prepared.deploy(planned, config, options);
  const autostop = config.autostop !== false;
  return {
    changes: deployment.changes,
    preflight: preflight.findings,
    cost: costSentence(deployment.changes, { ...preflight, region, autostop }),
    apply: async () => {
      await refuseGroupsInUse(loaded, stack.name, deployment.changes, options);
      // Before anything is made: an interrupted deployment has a place as well.
      await recordPlace(loaded.projectDir, stack.name, place);
      await deployment.apply().catch((error: unknown) => namingUntracked(error, loaded, options));
    },
  };
}

/** Plans the removal of everything in the state. Needs neither keys nor certificate nor callers. */
export async function planDown(loaded: LoadedConfig, options: DeployOptions): Promise<Deployment> {
  const target = deploymentTarget(loaded, options.env);
  const { stack = STACK_NAME } = options;
  if (!existsSync(statePath(target.projectDir, stack))) return { changes: [], apply: async () => undefined };
  await checkPlace(loaded, [stack], options);
  const outdir = join(outDir(target.projectDir), "down");
  const teardown = (to: AppOptions) => buildTeardown(stack, target, to);
  const planned = await plan(teardown, outdir, options, outDir(target.projectDir));
  return {
    changes: planned.changes,
    apply: async () => {
      await refuseGroupsInUse(loaded, stack, planned.changes, options);
      await planned.apply();
      await stackNamed(stack).forget?.(target.projectDir);
      await recordPlace(target.projectDir, stack, undefined);
    },
  };
}

/** Writes the stack of the deployed hosts anew, and plans nothing. Needs their keys, and makes none. */
export async function synthesizeDeployed(
  loaded: LoadedConfig,
  options: Omit<DeployOptions, "stack" | "caller" | "onTable">,
): Promise<void> {
  const { callers } = await readOutputs(loaded);
  // The callers are an output: these are let in now, and an address that is looked up may be another one.
  const caller = callers.length === 0 ? undefined : callers;
  const prepared = await stackNamed().prepareStack(loaded, { ...options, create: false, ...defined({ caller }) });
  await synthesize((to) => buildStacks([prepared], to), outDir(loaded.projectDir));
}

/** After an interruption, AWS is asked once more: what it was still making is in no state. */
async function namingUntracked(error: unknown, loaded: LoadedConfig, { env }: DeployOptions): Promise<never> {
  if (!(error instanceof Fault) || error.exit !== EXIT.interrupted) throw error;
  const untracked = await findUntracked(loaded, { env, signal: AbortSignal.timeout(LAST_LOOK_MS) }).catch(() => []);
  throw untracked.length === 0 ? error : interruptedWith(untracked, error);
}

type Build = (to: AppOptions) => App;

async function plan(build: Build, outdir: string, options: DeployOptions, namesFrom = outdir): Promise<Deployment> {
  await synthesize(build, outdir);
  const { stack = STACK_NAME, ...rest } = options;
  const nameOf = await resourceNames(namesFrom, stack);
  const terraform = await Terraform.find({ ...rest, dir: stackDir(outdir, stack), nameOf });
  options.onStep?.(`planning with ${terraform.binary} ${terraform.version}`);
  await terraform.init();
  return { changes: await terraform.plan(), apply: () => terraform.apply() };
}

/** The directory may be thrown away at any time, with all above it that is ours; cdktf makes only the last of them. */
async function synthesize(build: Build, outdir: string): Promise<void> {
  await makeDir(outdir);
  build({ outdir }).synth();
}
