/** The stacks of a project that are deployed, and where; from the states alone, without cdktf or the network. */
import type { LoadedConfig } from "../../config/load.js";
import { STACK_NAMES, type StackName } from "../names.js";
import { deployedPlace } from "../place/check-place.js";
import type { Place } from "../place/place.js";
import { readState } from "../terraform/state.js";

export interface DeployedStack extends Partial<Place> {
  readonly name: StackName;
}

export async function deployedStacks({ projectDir }: Pick<LoadedConfig, "projectDir">): Promise<DeployedStack[]> {
  const found = await Promise.all(
    STACK_NAMES.map(async (name): Promise<DeployedStack[]> => {
      const state = await readState(projectDir, name);
      const isThere = Object.keys(state?.outputs ?? {}).length > 0 || (state?.resources ?? []).length > 0;
      return isThere ? [{ name, ...(await deployedPlace(projectDir, name)) }] : [];
    }),
  );
  return found.flat();
}
