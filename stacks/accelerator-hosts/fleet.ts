/** A fleet in the stack, and its output in the state. */
import type { Construct } from "constructs";
import { defined } from "../../base/defined.js";
import { shellWord } from "../../base/text/shell.js";
import { AcceleratorFleet, type AcceleratorFleetProps } from "../constructs/fleet.js";
import { hostsDeployment } from "../names.js";
import type { FleetInputs } from "./fleet-inputs.js";
import type { ProvisionedInputs } from "./inputs.js";
import type { DeployedFleet } from "./outputs.js";

/** @returns the value of the output `fleet`. */
export function addFleet(
  scope: Construct,
  inputs: ProvisionedInputs & { readonly fleet: FleetInputs },
  shared: Pick<AcceleratorFleetProps, "access" | "keyName" | "agent" | "image" | "vpcId" | "instanceProfile"> & {
    readonly privateAddress: boolean;
  },
): DeployedFleet {
  const { fleet } = inputs;
  const { privateAddress, ...props } = shared;
  const deployment = hostsDeployment(inputs.name, inputs.suffix);
  const subnetIds = fleet.subnetIds ?? (inputs.subnetId === undefined ? undefined : [inputs.subnetId]);
  const { identity } = inputs;
  const key = identity === undefined ? "" : `-i ${shellWord(identity)} -o IdentitiesOnly=yes `;
  const { group, launchTemplate, sshUser, agentScheme } = new AcceleratorFleet(scope, "Fleet", {
    ...fleet,
    ...props,
    name: deployment,
    instanceType: inputs.instanceType,
    tags: { Project: inputs.name, ManagedBy: "sallyport", ...inputs.tags },
    ...defined({ subnetIds, rootVolumeGib: inputs.rootVolumeGib }),
  });
  return {
    autoscaling_group_name: group.name,
    launch_template_id: launchTemplate.id,
    region: inputs.region,
    agent_scheme: agentScheme ?? "",
    private_address: privateAddress,
    ssh_user: sshUser,
    ssh_command: `ssh ${key}${sshUser}@ADDRESS`,
  };
}
