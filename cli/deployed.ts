/** What is deployed from here, with the machines of a fleet, which the state does not know. */
import type { DeployedHost, DeploymentOutputs } from "../stacks/accelerator-hosts/outputs.js";
import type { Context } from "./context.js";

/** @throws Fault `stacks/not-deployed`, or `stacks/fleet-unknown` where EC2 does not tell. */
export async function readDeployed(context: Pick<Context, "config" | "signal">): Promise<DeploymentOutputs> {
  const { readOutputs } = await import("../stacks/accelerator-hosts/outputs.js");
  const outputs = await readOutputs(await context.config());
  if (outputs.fleet === undefined) return outputs;
  const { readMembers } = await import("../stacks/accelerator-hosts/fleet-members.js");
  return { ...outputs, hosts: await readMembers(outputs.fleet, context.signal) };
}

/** Names of the hosts on which nothing of ours answers but SSH. */
export function withoutAgent(hosts: readonly DeployedHost[]): string[] {
  return hosts.filter(({ agent_url }) => !agent_url).map(({ name }) => name);
}
