/** Converts the configuration's `fleet:` to the construct's props. Pure. */
import { defined } from "../../base/defined.js";
import type { FleetConfig } from "../../config/schema.js";
import type { FleetSize } from "../constructs/fleet.js";

export interface FleetInputs extends FleetSize {
  readonly subnetIds?: readonly string[];
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
