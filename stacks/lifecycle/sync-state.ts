/** Updates Terraform's state after machines were started, stopped or terminated. */
import { resolve } from "node:path";
import type { LoadedConfig } from "../../config/load.js";
import type { DeployedHost } from "../accelerator-hosts/outputs.js";
import { outDir, stackDir, statePath } from "../files.js";
import { STACK_NAME } from "../names.js";
import { checkPlace } from "../place/check-place.js";
import { backendPath } from "../terraform/backend-path.js";
import { resourceNames } from "../terraform/resource-names.js";
import { Terraform } from "../terraform/run.js";
import { addressOf, hasUnknownOutputs, readState } from "../terraform/state.js";
import type { Deployment, DeployOptions } from "./deployment.js";
import * as errors from "./errors.js";

/** What users hear where {@link refreshState} cannot. */
export const NOT_REFRESHED = 'cannot refresh the addresses, because configured hosts are missing: run "sallyport up"';

type Options = Omit<DeployOptions, "stack" | "caller" | "onTable">;

/**
 * Reads the machines' new addresses into the state. Changes nothing in AWS.
 *
 * @returns false if the stack contains machines that no longer exist, so that its outputs are unknown. The state then
 * stays as it was, and the next `up` corrects it.
 */
export async function refreshState(loaded: LoadedConfig, options: Options): Promise<boolean> {
  const terraform = await open(loaded, options);
  await terraform.plan(["-refresh-only"]);
  if (hasUnknownOutputs(await terraform.show())) return false;
  await terraform.apply();
  return true;
}

/** Plans the termination of these hosts and of everything that depends on them. The rest of the deployment stays. */
export async function planTerminate(
  loaded: LoadedConfig,
  hosts: readonly DeployedHost[],
  options: Options,
): Promise<Deployment> {
  const state = (await readState(loaded.projectDir, STACK_NAME)) ?? {};
  const targets = hosts.map(({ name, instance_id }) => {
    const address = addressOf(state, instance_id);
    if (address === undefined) throw errors.notInState(name, instance_id);
    return `-target=${address}`;
  });
  const terraform = await open(loaded, options);
  return { changes: await terraform.plan(["-destroy", ...targets]), apply: () => terraform.apply() };
}

/**
 * Opens the stack that `up` or `plan` wrote last, because it contains the outputs' expressions. If it was removed, or names
 * another state because the project has moved since, it is written again.
 */
async function open(loaded: LoadedConfig, options: Options): Promise<Terraform> {
  await checkPlace(loaded, [STACK_NAME], options);
  const { projectDir } = loaded;
  const outdir = outDir(projectDir);
  const dir = stackDir(outdir);
  if ((await backendPath(dir)) !== statePath(resolve(projectDir))) {
    // cdktf takes long to load, and is needed here alone.
    const { synthesizeDeployed } = await import("./deploy.js");
    await synthesizeDeployed(loaded, options);
  }
  const terraform = await Terraform.find({ ...options, dir, nameOf: await resourceNames(outdir) });
  await terraform.init();
  return terraform;
}
