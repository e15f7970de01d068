/** The state of one host: from EC2, from its agent, and from its hourly price. */
import { defined } from "../../base/defined.js";
import { spanText } from "../../base/text/span.js";
import type { DeployedHost } from "../accelerator-hosts/outputs.js";
import type { Machine } from "./instances.js";
import { costOf } from "./prices.js";

export interface Price {
  readonly usd_per_hour: number;
  readonly source: "given" | "current spot price" | "current on-demand price" | "list price of us-east-1";
}

/** An agent that answered, one that failed and why, or none to ask. `Idle` is the type of an agent's report. */
export type AgentState<Idle> =
  | { readonly agent: "up"; readonly idle: Idle }
  | { readonly agent: "down"; readonly agent_error: string }
  | { readonly agent: "none" };

export type HostStatus<Idle> = {
  readonly name: string;
  readonly kind: DeployedHost["kind"];
  readonly instance_id: string;
  readonly instance_type: string;
  readonly spot: boolean;
  /** EC2's state, "gone" for an instance that EC2 does not know, or "unknown" for a host that is only an address. */
  readonly state: string;
  /** Since the last start. */
  readonly up_seconds?: number;
  readonly price?: Price;
  /** US dollars since the last start, without disk and traffic. */
  readonly cost_usd?: number;
} & AgentState<Idle>;

export interface Observed<Idle> {
  /** Undefined for a host that is only an address. */
  readonly machine: Machine | undefined;
  readonly agent: AgentState<Idle>;
  readonly price: Price | undefined;
  readonly now: Date;
}

/** Pure. */
export function hostStatus<Idle>(host: DeployedHost, { machine, agent, price, now }: Observed<Idle>): HostStatus<Idle> {
  const { name, kind, instance_id } = host;
  const started = machine?.state === "running" ? machine.startedAt : undefined;
  const up = started === undefined ? undefined : Math.max(0, Math.round((now.getTime() - started.getTime()) / 1000));
  const isPriced = up !== undefined && price !== undefined;
  return {
    name,
    kind,
    instance_id,
    instance_type: machine?.type || host.instance_type,
    spot: machine?.spot ?? host.spot,
    state: machine?.state ?? "unknown",
    ...defined({ up_seconds: up }),
    ...agent,
    ...defined({ price, cost_usd: isPriced ? costOf(price.usd_per_hour, up) : undefined }),
  };
}

/** Prints the status of hosts. Pure. @param idleLines an agent's report as labelled lines */
export function statusText<Idle>(
  hosts: readonly HostStatus<Idle>[],
  idleLines: (idle: Idle) => readonly string[],
): string {
  return hosts.map((host) => hostText(host, idleLines)).join("\n");
}

function hostText<Idle>(host: HostStatus<Idle>, idleLines: (idle: Idle) => readonly string[]): string {
  const kind = [host.instance_type, host.spot ? "spot" : "", host.kind === "new" ? "" : "not made by sallyport"];
  const about = kind.filter(Boolean).join(", ");
  const up = host.up_seconds === undefined ? "" : ` for ${spanText(host.up_seconds)}`;
  const lines = [`${host.name}  ${host.state}${up}${about === "" ? "" : ` (${about})`}`];
  if (host.instance_id) lines.push(`  instance     ${host.instance_id}`);
  if (host.agent === "down") lines.push(`  agent        does not answer: ${host.agent_error}`);
  if (host.agent === "up") lines.push(...idleLines(host.idle).map((line) => `  ${line}`));
  const cost = costText(host);
  if (cost !== undefined) lines.push(`  cost         ${cost}`);
  return lines.join("\n");
}

function costText({ state, price, cost_usd, instance_type, spot }: HostStatus<unknown>): string | undefined {
  if (state === "stopped") return "its disk only";
  if (state !== "running") return undefined;
  if (price !== undefined && cost_usd !== undefined) {
    const source = price.source === "given" ? "" : `, the ${price.source}`;
    return `$${cost_usd.toFixed(2)} since it was started, at $${price.usd_per_hour} an hour${source}; disk and traffic not counted`;
  }
  if (spot) return "price unknown: EC2 does not tell the spot price";
  return `price unknown: give --price ${instance_type}=USD, or set SALLYPORT_PRICES`;
}
