/** The deployed hosts, including the machines of a fleet, which Terraform's state does not list. */
import { defined } from "../../base/defined.js";
import type { LoadedConfig } from "../../config/load.js";
import { type DeployedHost, type DeploymentOutputs, findHost, readOutputs } from "../accelerator-hosts/outputs.js";
import { STACK_NAME } from "../names.js";

/**
 * Asks EC2 for the machines of a fleet only.
 *
 * @throws Fault `stacks/not-deployed`, `stacks/fleet-unknown` if EC2 does not answer, or one for another region or account.
 */
export async function readDeployed(loaded: LoadedConfig, signal?: AbortSignal): Promise<DeploymentOutputs> {
  const outputs = await readOutputs(loaded);
  if (outputs.fleet === undefined) return outputs;
  // Only fleets need EC2's client, which takes longer to load than the rest.
  const { checkPlace } = await import("../place/check-place.js");
  await checkPlace(loaded, [STACK_NAME], defined({ signal }));
  return withMembers(outputs, signal);
}

/** The outputs with the fleet's machines of this moment as hosts. */
export async function withMembers(outputs: DeploymentOutputs, signal?: AbortSignal): Promise<DeploymentOutputs> {
  const { fleet } = outputs;
  if (fleet === undefined) return outputs;
  const { readMembers } = await import("../accelerator-hosts/fleet-members.js");
  return { ...outputs, hosts: await readMembers(fleet, signal) };
}

/** Names of the hosts without an agent, which offer only SSH. */
export function withoutAgent(hosts: readonly DeployedHost[]): string[] {
  return hosts.filter(({ agent_url }) => !agent_url).map(({ name }) => name);
}

/** The hosts with these names, addresses or instance ids; all of them for no names. @throws Fault (exit status 3) */
export async function chooseHosts(
  loaded: LoadedConfig,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly hosts: readonly DeployedHost[]; readonly isFleet: boolean }> {
  const outputs = await readDeployed(loaded, signal);
  const hosts = names.length === 0 ? outputs.hosts : [...new Set(names.map((name) => findHost(outputs, name)))];
  return { hosts, isFleet: outputs.fleet !== undefined };
}
