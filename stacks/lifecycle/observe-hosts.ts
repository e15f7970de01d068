/** Observes hosts: EC2 reports their machines and spot prices, their agents the rest. */
import type { DeployedHost } from "../accelerator-hosts/outputs.js";
import type { HourlyPrice } from "../preflight/price-list.js";
import { type AgentState, type HostStatus, hostStatus, type Price } from "./host-status.js";
import type { Instances, Machine } from "./instances.js";

export interface ObserveOptions<Idle> {
  readonly instances: Instances;
  /** US dollars per hour by instance type. They override EC2's prices. */
  readonly prices: ReadonlyMap<string, number>;
  /** On-demand prices by instance type, for machines that are neither spot instances nor in `prices`. @default - none */
  readonly onDemand?: ReadonlyMap<string, HourlyPrice>;
  /** Queries the agent of a running host. */
  readonly askAgent: (host: DeployedHost) => Promise<AgentState<Idle>>;
  readonly signal: AbortSignal;
}

export async function observeHosts<Idle>(
  hosts: readonly DeployedHost[],
  options: ObserveOptions<Idle>,
): Promise<HostStatus<Idle>[]> {
  const ids = hosts.map(({ instance_id }) => instance_id).filter(Boolean);
  const machines = await options.instances.read(ids, options.signal);
  return Promise.all(
    hosts.map(async (host) => {
      const machine = machines.get(host.instance_id);
      const isUp = machine === undefined || machine.state === "running";
      const agent: AgentState<Idle> = isUp && host.agent_url ? await options.askAgent(host) : { agent: "none" };
      return hostStatus(host, { machine, agent, price: await priceOf(host, machine, options), now: new Date() });
    }),
  );
}

async function priceOf(
  host: DeployedHost,
  machine: Machine | undefined,
  { prices, onDemand, instances, signal }: Omit<ObserveOptions<unknown>, "askAgent">,
): Promise<Price | undefined> {
  const type = machine?.type || host.instance_type;
  const given = prices.get(type);
  if (given !== undefined) return { usd_per_hour: given, source: "given" };
  if (machine?.spot) {
    const spot = await instances.spotPrice(machine, signal);
    return spot === undefined ? undefined : { usd_per_hour: spot, source: "current spot price" };
  }
  const listed = onDemand?.get(type);
  if (listed === undefined) return undefined;
  const source = listed.source === "AWS" ? "current on-demand price" : "list price of us-east-1";
  return { usd_per_hour: listed.usd, source };
}
