import type { Config } from "../../config/load.js";
import { resolveCaller } from "../../firewall/caller/lookup.js";
import { proxyVariable } from "../../http/client/proxy.js";
import type { Cidr } from "../../net/cidr.js";
import type { PrepareOptions } from "./options.js";

/** The callers. Looks up this machine's address only for `auto`. */
export async function prepareCallers(
  configured: Config["caller"],
  options: Pick<PrepareOptions, "env" | "onStep" | "caller" | "signal">,
): Promise<readonly Cidr[]> {
  const { env, onStep } = options;
  const { callers, from, objections } = await resolveCaller(configured, env, options);
  const proxy = from === "lookup" ? proxyVariable(env) : undefined;
  // Hosts are reached directly, which may be from another address than the proxy's.
  onStep?.(`callers ${callers.join(", ")} (${from}${proxy === undefined ? "" : `, as the proxy in ${proxy} is seen`})`);
  for (const objection of objections) onStep?.(`address service ${objection}`);
  return callers;
}
