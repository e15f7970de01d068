/** The hosts as the page shows them: the deployment's outputs, EC2's states, and prices. */
import { defined } from "../../base/defined.js";
import type { LoadedConfig } from "../../config/load.js";
import type { DeployedHost } from "../../stacks/accelerator-hosts/outputs.js";
import { readDeployed } from "../../stacks/lifecycle/deployed.js";
import { type HostStatus, hostStatus } from "../../stacks/lifecycle/host-status.js";
import { observeHosts } from "../../stacks/lifecycle/observe-hosts.js";
import { onDemandPrices } from "../../stacks/lifecycle/on-demand-prices.js";
import { withInstances } from "../../stacks/lifecycle/with-instances.js";
import type { HourlyPrice } from "../../stacks/preflight/price-list.js";
import type { HostItem } from "../../ui/documents.js";
import type { Backend, HostList } from "../../ui/server/backend.js";
import { errorLines } from "../../ui/server/problems.js";

export interface ListerOptions {
  readonly env: NodeJS.ProcessEnv;
  /** As the user gave them. */
  readonly prices: ReadonlyMap<string, number>;
}

/** The page asks each agent by itself, so that one that is silent delays only its own. */
const NOT_ASKED = { agent: "none" } as const;

export function hostLister(loaded: LoadedConfig, { env, prices }: ListerOptions): Backend["hosts"] {
  const onDemand = new Map<string, HourlyPrice>();
  const learnPrices = async (types: readonly string[], signal: AbortSignal) => {
    const unknown = [...new Set(types)].filter((type) => type !== "" && !onDemand.has(type) && !prices.has(type));
    if (unknown.length === 0) return;
    const learnt = await onDemandPrices(unknown, { region: loaded.config.region, env, signal });
    for (const [type, price] of learnt) onDemand.set(type, price);
  };
  return async (signal): Promise<HostList> => {
    const deployed = await readDeployed(loaded, signal).catch((error: unknown) => ({ problem: errorLines(error) }));
    if ("problem" in deployed) return { hosts: [], problem: deployed.problem };
    const { hosts } = deployed;
    const isFleet = deployed.fleet !== undefined;
    const items = (states: readonly HostStatus<never>[]) =>
      hosts.map((host, index) => hostItem(host, states[index] as HostStatus<never>, isFleet));
    try {
      await learnPrices(
        hosts.map(({ instance_type }) => instance_type),
        signal,
      );
      const observe = { prices, onDemand, signal, askAgent: async () => NOT_ASKED };
      const states = await withInstances(
        loaded,
        (instances) => observeHosts<never>(hosts, { ...observe, instances }),
        signal,
      );
      return { hosts: items(states) };
    } catch (error) {
      const unseen = { machine: undefined, agent: NOT_ASKED, price: undefined, now: new Date() };
      return { hosts: items(hosts.map((host) => hostStatus<never>(host, unseen))), problem: errorLines(error) };
    }
  };
}

/** @param isFleet whether a group would replace a machine that is stopped. */
function hostItem(host: DeployedHost, status: HostStatus<never>, isFleet: boolean): HostItem {
  const { name, kind, instance_id, instance_type, spot, state, up_seconds, price, cost_usd } = status;
  return defined<HostItem>({
    name,
    kind,
    instance_id,
    instance_type,
    spot,
    state,
    address: host.public_ip || host.private_ip,
    private_ip: host.private_ip,
    has_agent: host.agent_url !== "",
    up_seconds,
    price,
    cost_usd,
    ends: isFleet ? [] : endsOf(host, spot),
    can_start: !isFleet && kind !== "address" && state === "stopped",
  });
}

/** EC2 cannot stop the spot instances of a deployment, and the kit terminates only machines that it has made. */
function endsOf({ kind, stop_mode }: DeployedHost, spot: boolean): HostItem["ends"] {
  if (kind === "address") return [];
  if (kind === "instance") return ["stop"];
  if (spot) return ["term"];
  return stop_mode === "term" ? ["term", "stop"] : ["stop", "term"];
}
