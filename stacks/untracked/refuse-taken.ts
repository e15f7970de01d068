/** Whether a deployment that is new here exists already: made by another project, another checkout, or before its state was lost. */
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import type { LoadedConfig } from "../../config/load.js";
import { PROJECT_TAG, type StackName } from "../names.js";
import type { Place } from "../place/place.js";
import { placeInState } from "../place/place.js";
import { readRecord } from "../place/record.js";
import { readState } from "../terraform/state.js";
import * as errors from "./errors.js";
import type { FindOptions } from "./find.js";
import { readDeployment } from "./tagged.js";
import { untrackedOf } from "./untracked.js";

/**
 * Names derive from `name:` and the login key, so a second deployment with the same ones fails halfway, at the first
 * name that is taken.
 *
 * @throws Fault (exit status 5) if the state has nothing yet, and AWS has machines or the key pair of this deployment.
 */
export async function refuseTaken(
  { projectDir }: Pick<LoadedConfig, "projectDir">,
  { stack, deployment, place }: { readonly stack: StackName; readonly deployment: string; readonly place: Place },
  { signal, onNote }: Omit<FindOptions, "env">,
): Promise<void> {
  if (placeInState((await readState(projectDir, stack)) ?? {}) !== undefined) return;
  const { id } = await readRecord(projectDir);
  const found = await readDeployment(deployment, defined({ region: place.region, signal })).catch((error: unknown) => {
    if (!(error instanceof Fault)) throw error;
    onNote?.(`not looked for an earlier deployment of this name: ${error.message}`);
    return [];
  });
  const foreign = found.filter(({ tags }) => id === undefined || tags[PROJECT_TAG] !== id);
  const taken = untrackedOf(foreign, [], [deployment]);
  if (taken.length > 0) throw errors.madeElsewhere(stack, deployment, place, taken);
}
