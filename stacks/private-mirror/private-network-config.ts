/**
 * Expands `network: private-mirror` into the options that it stands for, from the state of that stack, before synth.
 */

import { defined } from "../../base/defined.js";
import type { LoadedConfig } from "../../config/load.js";
import { type EndpointNeeds, unmetNeeds } from "./endpoint-needs.js";
import * as errors from "./errors.js";
import { type MirrorOutputs, readMirrorOutputs } from "./outputs.js";

/**
 * The configuration with the network's VPC and subnets, private addresses, and the policy that lets the hosts install
 * packages. The caller is the network itself, unless `caller` names others: an outside address has no way in. A
 * configuration without the option is returned unchanged.
 *
 * @throws Fault `stacks/not-deployed` (exit status 3) if the network does not exist yet.
 */
export async function inPrivateNetwork(loaded: LoadedConfig): Promise<LoadedConfig> {
  if (loaded.config.network === undefined) return loaded;
  return { ...loaded, config: placed(loaded.config, await readMirrorOutputs(loaded)) };
}

function placed({ network: _, ...config }: LoadedConfig["config"], outputs: MirrorOutputs): LoadedConfig["config"] {
  const { fleet, caller, role } = config;
  const [subnet = ""] = outputs.network_subnet_ids;
  const policy = [...(config.policy ?? []), outputs.mirror_policy_arn];
  return {
    ...config,
    vpc_id: outputs.network_vpc_id,
    subnet_id: subnet,
    use_private_ip: true,
    caller: caller === "auto" ? [outputs.network_cidr] : caller,
    ...defined({
      policy: role === undefined ? policy : undefined,
      fleet: fleet === undefined ? undefined : { subnet_ids: [...outputs.network_subnet_ids], ...fleet },
    }),
  };
}

/** @throws Fault (exit status 5) if the network lacks an endpoint that the machines need. */
export async function checkEndpoints(loaded: LoadedConfig, needs: EndpointNeeds): Promise<void> {
  if (loaded.config.network === undefined) return;
  const { network_services, network_buckets } = await readMirrorOutputs(loaded);
  const has = { services: network_services, buckets: network_buckets };
  const unmet = unmetNeeds(needs, has);
  if (unmet.length > 0) throw errors.endpointsMissing(unmet);
}
