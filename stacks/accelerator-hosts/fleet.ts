/** The configuration's `fleet:` in a stack: from its keys to the construct, and what is told of it afterwards. */
import type { Construct } from "constructs";
import { defined } from "../../base/defined.js";
import type { FleetConfig } from "../../config/schema.js";
import { shellWord } from "../boot/shell.js";
import { AcceleratorFleet, type AcceleratorFleetProps, type FleetSize } from "../constructs/fleet.js";
import type { DeploymentInputs } from "./inputs.js";

export interface FleetInputs extends FleetSize {
  readonly subnetIds?: readonly string[];
}

/** What the state tells of a fleet: all that is needed to ask EC2 for its machines, and to meet them. */
export interface DeployedFleet {
  readonly autoscaling_group_name: string;
  readonly launch_template_id: string;
  readonly region: string;
  /** `https` or `http`. */
  readonly agent_scheme: string;
  readonly private_address: boolean;
  readonly ssh_user: string;
  /** With ADDRESS where the address of a machine belongs. */
  readonly ssh_command: string;
}

export function fleetInputs(fleet: FleetConfig): FleetInputs {
  const { min, max, desired, on_demand_base, spot_percentage, spot_allocation, instance_types, subnet_ids } = fleet;
  return defined({
    max,
    min,
    desired,
    onDemandBase: on_demand_base,
    spotPercentage: spot_percentage,
    spotAllocation: spot_allocation,
    instanceTypes: instance_types,
    subnetIds: subnet_ids,
  });
}

/** @returns the value of the output `fleet`. */
export function addFleet(
  scope: Construct,
  fleet: FleetInputs,
  inputs: DeploymentInputs,
  shared: Pick<AcceleratorFleetProps, "access" | "keyName" | "agent" | "image" | "vpcId" | "instanceProfile"> & {
    readonly privateAddress: boolean;
  },
): DeployedFleet {
  const { privateAddress, ...props } = shared;
  const deployment = `${inputs.name}-${inputs.suffix}`;
  const subnetIds = fleet.subnetIds ?? (inputs.subnetId === undefined ? undefined : [inputs.subnetId]);
  const { identity } = inputs.sshKey;
  const key = identity === undefined ? "" : `-i ${shellWord(identity)} -o IdentitiesOnly=yes `;
  const { group, launchTemplate, sshUser, agentScheme } = new AcceleratorFleet(scope, "Fleet", {
    ...fleet,
    ...props,
    name: deployment,
    instanceType: inputs.instanceType,
    rootVolumeGib: inputs.rootVolumeGib,
    tags: { Project: inputs.name, ManagedBy: "sallyport", ...inputs.tags },
    ...defined({ subnetIds }),
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
