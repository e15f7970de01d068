/** The table of the current directory, for the commands that show it or ask it. */

import { defined } from "../../base/defined.js";
import type { RuleTable } from "../../firewall/options/table.js";
import { Cidr } from "../../net/cidr.js";
import type { Context } from "../context.js";

export interface TableFlags {
  readonly caller?: string[];
  readonly vpcCidr?: string;
}

export const CALLER = ["--caller <address...>", "who the callers are (default: caller, else this machine)"] as const;
export const VPC_CIDR = ["--vpc-cidr <block>", "range of the VPC, which is known only to AWS otherwise"] as const;

/** Looks the caller up only where an option lets callers in. */
export async function tableOf(context: Context, flags: TableFlags): Promise<RuleTable> {
  const { prepareAccess } = await import("../../stacks/accelerator-hosts/prepare.js");
  const loaded = await context.config();
  const { env, signal } = context;
  const { table } = await prepareAccess(
    loaded,
    defined({
      env,
      signal,
      caller: flags.caller,
      vpcCidr: flags.vpcCidr === undefined ? undefined : Cidr.parse(flags.vpcCidr),
    }),
  );
  const { security_group } = loaded.config;
  if (security_group !== undefined) {
    context.warn(`no rule is made: who gets in is said in ${security_group}, which is left as it is`);
    return table;
  }
  for (const warning of table.warnings) context.warn(warning);
  return table;
}
