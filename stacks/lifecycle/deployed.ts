/** The deployed hosts, including the machines of a fleet, which Terraform's state does not list. */
import type { LoadedConfig } from "../../config/load.js";
import { readMembers } from "../accelerator-hosts/fleet-members.js";
import { type DeployedHost, type DeploymentOutputs, findHost, readOutputs } from "../accelerator-hosts/outputs.js";

/** @throws Fault `stacks/not-deployed`, or `stacks/fleet-unknown` if EC2 does not answer. */
export async function readDeployed(
  { projectDir }: Pick<LoadedConfig, "projectDir">,
  signal?: AbortSignal,
): Promise<DeploymentOutputs> {
  const outputs = await readOutputs({ projectDir });
  if (outputs.fleet === undefined) return outputs;
  return { ...outputs, hosts: await readMembers(outputs.fleet, signal) };
}

/** Names of the hosts without an agent, which offer only SSH. */
export function withoutAgent(hosts: readonly DeployedHost[]): string[] {
  return hosts.filter(({ agent_url }) => !agent_url).map(({ name }) => name);
}

/** The hosts with these names, addresses or instance ids; all of them for no names. @throws Fault (exit status 3) */
export async function chooseHosts(
  project: Pick<LoadedConfig, "projectDir">,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly hosts: readonly DeployedHost[]; readonly isFleet: boolean }> {
  const outputs = await readDeployed(project, signal);
  const hosts = names.length === 0 ? outputs.hosts : [...new Set(names.map((name) => findHost(outputs, name)))];
  return { hosts, isFleet: outputs.fleet !== undefined };
}
