/** Finds what the project made and no state of it holds. */
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import { findLoginKey } from "../../certs/login-key.js";
import type { LoadedConfig } from "../../config/load.js";
import { gatewayDeployment, hostsDeployment, PROJECT_TAG, STACK_NAMES } from "../names.js";
import { readRecord } from "../place/record.js";
import { sshDir, suffixOf } from "../prepare/login-key.js";
import { resourcesText } from "../terraform/state.js";
import { readTagged } from "./tagged.js";
import { type Untracked, untrackedOf } from "./untracked.js";

export interface FindOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Called with one line if AWS does not answer the question. */
  readonly onNote?: (text: string) => void;
}

/** If EC2 refuses to answer there is a note, and nothing is found: the question is a help, not a condition. */
export async function findUntracked(loaded: LoadedConfig, options: FindOptions): Promise<Untracked[]> {
  const { projectDir, config } = loaded;
  const { id, places } = await readRecord(projectDir);
  // Nothing was ever made from here.
  if (id === undefined) return [];
  try {
    const names = await deploymentsOf(loaded, options.env);
    const states = await Promise.all(STACK_NAMES.map((stack) => resourcesText(projectDir, stack)));
    const regions = new Set([config.region, ...Object.values(places).map(({ region }) => region)]);
    const found = await Promise.all(
      [...regions].map(async (region) => {
        const resources = await readTagged(PROJECT_TAG, id, names, defined({ region, signal: options.signal }));
        const untracked = untrackedOf(resources, states, names);
        // An earlier run was in another region, and was interrupted there.
        return region === config.region ? untracked : untracked.map((each) => ({ ...each, region, removable: false }));
      }),
    );
    return found.flat();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    options.onNote?.(`not looked for machines that an interrupted run may have left: ${error.message}`);
    return [];
  }
}

/** The names of the deployments that this machine's key makes. None without a key. */
async function deploymentsOf({ config }: LoadedConfig, env: NodeJS.ProcessEnv): Promise<string[]> {
  const key = await findLoginKey(config.key_pair, { dir: sshDir(env) }).catch((error: unknown) => {
    if (error instanceof Fault) return undefined;
    throw error;
  });
  if (key === undefined) return [];
  return [hostsDeployment, gatewayDeployment].map((nameOf) => nameOf(config.name, suffixOf(key)));
}
