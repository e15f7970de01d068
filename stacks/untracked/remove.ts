/** Ends the machines that this deployment certainly made, and that are in no state. */
import { defined } from "../../base/defined.js";
import type { LoadedConfig } from "../../config/load.js";
import { STACK_NAMES } from "../names.js";
import { checkPlace } from "../place/check-place.js";
import { type FindOptions, findUntracked } from "./find.js";
import { terminate } from "./tagged.js";
import type { Untracked } from "./untracked.js";

export interface OrphanPlan {
  readonly orphans: readonly Untracked[];
  remove(): Promise<void>;
}

export async function planOrphans(loaded: LoadedConfig, options: FindOptions): Promise<OrphanPlan> {
  const asking = defined({ region: loaded.config.region, signal: options.signal });
  await checkPlace(loaded, STACK_NAMES, defined({ signal: options.signal }));
  const orphans = (await findUntracked(loaded, options)).filter(({ removable }) => removable);
  const ids = orphans.map(({ id }) => id);
  return { orphans, remove: () => terminate(ids, asking) };
}
