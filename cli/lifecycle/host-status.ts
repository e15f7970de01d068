/** How one host is: from EC2, from its agent, and from what an hour of it costs. */

import { defined } from "../../base/defined.js";
import type { IdleInfo } from "../../client/agent/answers.js";
import type { DeployedHost } from "../../stacks/accelerator-hosts/outputs.js";
import type { Machine } from "../../stacks/lifecycle/instances.js";
import { costOf } from "../../stacks/lifecycle/prices.js";

/** What an agent said, or why it did not. */
export type AgentAnswer = IdleInfo | { readonly error: string };

export interface Price {
  readonly usd_per_hour: number;
  readonly source: "given" | "spot price of now";
}

export interface HostStatus {
  readonly name: string;
  readonly kind: DeployedHost["kind"];
  readonly instance_id: string;
  readonly instance_type: string;
  readonly spot: boolean;
  /** EC2's word, "gone" for what it does not know, or "unknown" for a host that is only an address. */
  readonly state: string;
  /** Since it was last started. */
  readonly up_seconds?: number;
  readonly agent: "up" | "down" | "none";
  /** Why it does not answer. */
  readonly agent_error?: string;
  readonly idle?: IdleInfo;
  readonly price?: Price;
  /** US dollars since it was last started, without disk and traffic. */
  readonly cost_usd?: number;
}

/** Pure. @param machine undefined for a host that is only an address. @param answer undefined where nobody was asked. */
export function hostStatus(
  host: DeployedHost,
  machine: Machine | undefined,
  answer: AgentAnswer | undefined,
  price: Price | undefined,
  now: Date,
): HostStatus {
  const { name, kind, instance_id } = host;
  const started = machine?.state === "running" ? machine.startedAt : undefined;
  const up = started === undefined ? undefined : Math.max(0, Math.round((now.getTime() - started.getTime()) / 1000));
  const known = { name, kind, instance_id, instance_type: machine?.type || host.instance_type };
  const isPriced = up !== undefined && price !== undefined;
  return {
    ...known,
    spot: machine?.spot ?? host.spot,
    state: machine?.state ?? "unknown",
    ...defined({ up_seconds: up }),
    ...agentPart(answer),
    ...defined({ price, cost_usd: isPriced ? costOf(price.usd_per_hour, up) : undefined }),
  };
}

function agentPart(answer: AgentAnswer | undefined): Pick<HostStatus, "agent" | "agent_error" | "idle"> {
  if (answer === undefined) return { agent: "none" };
  return "error" in answer ? { agent: "down", agent_error: answer.error } : { agent: "up", idle: answer };
}
