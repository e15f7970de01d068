/** Where this command runs from, and how it reaches EC2. */

import type { Ec2 } from "../../firewall/security-group/ec2.js";
import type { Cidr } from "../../net/cidr.js";
import type { Context } from "../context.js";

/** Asks for the caller's addresses: as configured, else of the address services. */
export function callersOf(context: Context): (signal?: AbortSignal) => Promise<readonly Cidr[]> {
  return async (signal = context.signal) => {
    const { resolveCaller } = await import("../../firewall/caller/lookup.js");
    const { config } = await context.config();
    return (await resolveCaller(config.caller, context.env, { signal })).callers;
  };
}

export async function ec2Of(context: Context, region: string | undefined): Promise<Ec2> {
  const { connectEc2 } = await import("../../firewall/security-group/ec2.js");
  return connectEc2({ region: region ?? (await context.config()).config.region });
}
