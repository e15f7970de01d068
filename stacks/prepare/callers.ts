import type { Config } from "../../config/load.js";
import { resolveCaller } from "../../firewall/caller/lookup.js";
import type { Cidr } from "../../net/cidr.js";
import type { PrepareOptions } from "./options.js";

/** The callers. Looks up this machine's address only for `auto`. */
export async function prepareCallers(
  configured: Config["caller"],
  options: Pick<PrepareOptions, "env" | "onStep" | "caller" | "signal">,
): Promise<readonly Cidr[]> {
  const { env, onStep } = options;
  const { callers, from, objections } = await resolveCaller(configured, env, options);
  onStep?.(`callers ${callers.join(", ")} (${from})`);
  for (const objection of objections) onStep?.(`address service ${objection}`);
  return callers;
}
