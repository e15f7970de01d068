import { notDeployed } from "../errors.js";
import { SYNC_STACK_NAME } from "../names.js";
import { readStateOutputs } from "../terraform/state.js";

/** Outputs of the stack `firewall-sync`. */
export interface SyncOutputs {
  readonly function_name: string;
  readonly log_group: string;
  readonly schedule: string;
}

/** @throws Fault `stacks/not-deployed` (exit status 3) if nothing is deployed. */
export async function readSyncOutputs({ projectDir }: { readonly projectDir: string }): Promise<SyncOutputs> {
  const { function_name, log_group, schedule } = await readStateOutputs(projectDir, SYNC_STACK_NAME);
  if (function_name === undefined) throw notDeployed(projectDir, SYNC_STACK_NAME);
  return { function_name: String(function_name), log_group: String(log_group), schedule: String(schedule) };
}

/** The outputs as text. */
export function syncOutputsText({ function_name, log_group, schedule }: SyncOutputs): string {
  return [
    `function       ${function_name}`,
    `runs           ${schedule}`,
    `its log        aws logs tail ${log_group} --since 1h`,
  ].join("\n");
}
