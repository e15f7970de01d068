/** Whether a deployment that is new here exists already: made by another project, another checkout, or before its state was lost. */
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import type { LoadedConfig } from "../../config/load.js";
import type { PreparedStack } from "../descriptor.js";
import { PROJECT_TAG } from "../names.js";
import type { Place } from "../place/place.js";
import { placeInState } from "../place/place.js";
import { readRecord } from "../place/record.js";
import { readState } from "../terraform/state.js";
import { readClaimed } from "./claims.js";
import * as errors from "./errors.js";
import type { FindOptions } from "./find.js";
import { readDeployment } from "./tagged.js";
import { type TaggedResource, untrackedOf } from "./untracked.js";

/**
 * Names derive from `name:` and the login key, so a second deployment with the same ones fails halfway, at the first
 * name that is taken.
 *
 * @throws Fault (exit status 5) if the state has nothing yet, and AWS has machines or the key pair of this deployment, or a
 * name that only one can have. If both can, there is a note; also if AWS does not answer.
 */
export async function refuseTaken(
  { projectDir }: Pick<LoadedConfig, "projectDir">,
  { name: stack, deployment, claim }: Pick<PreparedStack, "name" | "deployment" | "claim">,
  place: Place,
  options: FindOptions,
): Promise<void> {
  if (placeInState((await readState(projectDir, stack)) ?? {}) !== undefined) return;
  const { id } = await readRecord(projectDir);
  const isForeign = ({ tags }: TaggedResource) => id === undefined || tags[PROJECT_TAG] !== id;
  if (deployment !== undefined) {
    const found = await machinesOf(deployment, place, options);
    const taken = untrackedOf(found.filter(isForeign), [], [deployment]);
    if (taken.length > 0) throw errors.madeElsewhere(stack, deployment, place, taken);
  }
  if (claim === undefined) return;
  const claimed = await readClaimed(claim, { ...options, region: place.region });
  if (!claimed.known) return void options.onNote?.(notLookedFor(claimed.why));
  const taken = untrackedOf(claimed.value.filter(isForeign), [], []);
  if (taken.length === 0) return;
  const { name, isUnique, mend } = claim;
  if (isUnique) throw errors.madeElsewhere(stack, name, place, taken, mend);
  options.onNote?.(`${errors.madeElsewhereText(stack, name, place, taken)}; ${mend}`);
}

async function machinesOf(deployment: string, { region }: Place, { signal, onNote }: FindOptions) {
  return readDeployment(deployment, defined({ region, signal })).catch((error: unknown) => {
    if (!(error instanceof Fault)) throw error;
    onNote?.(notLookedFor(error.message));
    return [];
  });
}

const notLookedFor = (why: string) => `not looked for an earlier deployment of this name: ${why}`;
