/** `network: private-mirror` as the options that it stands for: read from the state of that stack, before synth. */
import type { LoadedConfig } from "../config/load.js";
import { unmetNeeds } from "./endpoint-needs.js";
import { type MirrorOutputs, readMirrorOutputs } from "./outputs.js";
import { hostNeeds } from "./prepare-mirror.js";
import * as errors from "./private-mirror-errors.js";

/**
 * The configuration with the network's VPC and subnets, private addresses, and the policy that lets the
 * hosts install packages. Who may reach them is the network itself, unless `caller` says who: an address
 * outside has no way in. One without the option is returned as it is.
 *
 * @throws Fault `stacks/not-deployed` (exit status 3) before the network is there.
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
    // An existing role is left as it is.
    ...(role === undefined ? { policy } : {}),
    ...(fleet === undefined ? {} : { fleet: { ...fleet, subnet_ids: [...outputs.network_subnet_ids] } }),
  };
}

/**
 * @param deployment front of the hosts' names
 * @throws Fault (exit status 5) if the network has no endpoint for what the hosts' boot asks.
 */
export async function checkEndpoints(loaded: LoadedConfig, deployment: string): Promise<void> {
  if (loaded.config.network === undefined) return;
  const { network_services, network_buckets } = await readMirrorOutputs(loaded);
  const has = { services: network_services, buckets: network_buckets };
  const unmet = unmetNeeds(hostNeeds(loaded.config, deployment), has);
  if (unmet.length > 0) throw errors.endpointsMissing(unmet);
}
