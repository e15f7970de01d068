/** How many machines of a fleet a change of its numbers ends. */
import { EXIT, Fault } from "../../base/fault.js";
import type { FleetConfig } from "../../config/schema.js";
import type { PlannedChange } from "../../stacks/terraform/terraform-log.js";
import type { Context } from "../context.js";
import { readDeployed } from "../deployed.js";

/** Pure: of `running` machines, those above what the fleet may and shall have. */
export function surplus(running: number, fleet: FleetConfig): number {
  return Math.max(running - Math.min(fleet.max, fleet.desired ?? fleet.max), 0);
}

/** @returns for example `2 of 5 machines`; undefined where none is lost. EC2 is asked only if the group changes. */
export async function fleetLoss(context: Context, changes: readonly PlannedChange[]): Promise<string | undefined> {
  const { fleet } = (await context.config()).config;
  const isUpdated = changes.some(({ type, action }) => type === "aws_autoscaling_group" && action === "update");
  if (fleet === undefined || !isUpdated) return undefined;
  const running = await readDeployed(context).then(
    ({ hosts }) => hosts.length,
    (error: unknown) => {
      // Nothing is recorded of a first deployment that failed half way: nothing to lose.
      if (error instanceof Fault && error.exit === EXIT.notFound) return 0;
      throw error;
    },
  );
  const lost = surplus(running, fleet);
  return lost === 0 ? undefined : `${lost} of the fleet's ${running} machines`;
}
