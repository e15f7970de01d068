import { createHash } from "node:crypto";
import type { IngressRule, RuleSource } from "../../net/ingress-rule.js";
import { printPortRange } from "../../net/port-range.js";

/**
 * A construct id made from the rule's content alone, so that adding, removing or reordering other rules never replaces
 * it: `in-tcp-8787-10.1.0.0_16`, `in-tcp-22-vpc`.
 */
export function ruleId({ protocol, ports, source }: IngressRule): string {
  return `in-${protocol}-${printPortRange(ports)}-${sourceId(source)}`;
}

function sourceId(source: RuleSource): string {
  if (source.kind === "cidr") return source.cidr.toString().replace("/", "_");
  if (source.kind === "vpc") return "vpc";
  const id = source.kind === "unknown" ? source.text : source.id;
  // The id of a list or group may be a Terraform reference, which a construct id must not contain.
  return /^[a-z0-9-]+$/.test(id) ? id : `${source.kind}-${createHash("sha256").update(id).digest("hex").slice(0, 8)}`;
}
