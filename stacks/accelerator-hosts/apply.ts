import type { ApplyContext } from "../descriptor.js";
import { endsMachine } from "../lifecycle/deployment.js";
import { TerraformFault } from "../terraform/errors.js";
import * as errors from "./errors.js";
import { deployedHosts } from "./hosts.js";
import type { DeploymentInputs } from "./inputs.js";
import { decideFallback, failedHosts, onDemandInstead, stillOnDemand } from "./spot-fallback.js";
import { readOnDemand, writeOnDemand } from "./spot-fallback-state.js";

/** Applies the plan of the hosts. Hosts that get no spot instance from AWS become on-demand machines. */
export async function applyHosts(context: ApplyContext<DeploymentInputs>): Promise<void> {
  await applyOrFallBack(context);
  // Forget hosts that were removed or that no longer want a spot instance.
  const { projectDir } = context.inputs;
  await writeOnDemand(projectDir, stillOnDemand(await readOnDemand(projectDir), deployedHosts(context.config)));
}

async function applyOrFallBack({ first, inputs, planAgain, options }: ApplyContext<DeploymentInputs>): Promise<void> {
  try {
    return await first.apply();
  } catch (error) {
    const decision =
      error instanceof TerraformFault ? decideFallback(error.failures, inputs.hosts) : { kind: "none" as const };
    if (decision.kind === "none") throw error;
    if (decision.kind === "refused") throw errors.spotRefused(decision.refusals, error);
    const { refusals } = decision;
    const refused = new Set(refusals.map(({ host }) => host));
    options.onFallback?.(refusals);
    const second = await planAgain({ ...inputs, hosts: onDemandInstead(inputs.hosts, refused) });
    // The user agreed to the machines that the first plan ends, and to no others.
    const agreed = new Set(first.changes.filter(endsMachine).map(({ address }) => address));
    const unforeseen = second.changes.filter((change) => endsMachine(change) && !agreed.has(change.address));
    if (unforeseen.length > 0) throw errors.endsUnforeseen(unforeseen.map(({ name }) => name));
    // Written before the machines exist, so that an interrupted deployment does not replace them next time.
    const onDemand = new Set([...(await readOnDemand(inputs.projectDir)), ...refused]);
    await writeOnDemand(inputs.projectDir, onDemand);
    await second.apply().catch(async (failed: unknown) => {
      // There is no on-demand capacity either, so the next deployment tries a spot instance again.
      const hosts = failed instanceof TerraformFault ? failedHosts(failed.failures) : new Set();
      await writeOnDemand(
        inputs.projectDir,
        [...onDemand].filter((host) => !(refused.has(host) && hosts.has(host))),
      );
      throw failed;
    });
  }
}
