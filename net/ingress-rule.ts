/**
 * One ingress rule as a value. Its identity is protocol, ports and source; who made it, and why, is
 * told elsewhere (a mark in the description, the steps of a table) and never makes two rules differ.
 */
import { createHash } from "node:crypto";
import type { Cidr } from "./cidr.js";

export type Source =
  | { readonly kind: "cidr"; readonly cidr: Cidr }
  /** The range of the VPC: known to Terraform, not always to us. */
  | { readonly kind: "vpc" }
  | { readonly kind: "prefix-list"; readonly id: string; readonly maxEntries?: number }
  | { readonly kind: "security-group"; readonly id: string };

export interface Rule {
  readonly protocol: "tcp" | "udp";
  readonly from: number;
  readonly to: number;
  readonly source: Source;
}

export const tcpRule = (port: number, source: Source): Rule => ({ protocol: "tcp", from: port, to: port, source });

/** `tcp 8787 10.1.0.0/16`: equal exactly for equal rules. */
export function ruleKey(rule: Rule): string {
  return `${rule.protocol} ${printPorts(rule)} ${printSource(rule.source)}`;
}

/**
 * Construct id made from content alone, so that adding, removing or reordering other rules never
 * replaces this one: `in-tcp-8787-10.1.0.0_16`, `in-tcp-22-vpc`.
 */
export function ruleId({ protocol, from, to, source }: Rule): string {
  return `in-${protocol}-${from === to ? from : `${from}-${to}`}-${sourceId(source)}`;
}

/** `22`, or `8000-8080`. */
export function printPorts({ from, to }: Pick<Rule, "from" | "to">): string {
  return from === to ? String(from) : `${from}-${to}`;
}

/** As the table shows it: a block, `<vpc-cidr>`, or the id of a list or a group. */
export function printSource(source: Source): string {
  switch (source.kind) {
    case "cidr":
      return source.cidr.toString();
    case "vpc":
      return "<vpc-cidr>";
    default:
      return source.id;
  }
}

function sourceId(source: Source): string {
  if (source.kind === "cidr") return source.cidr.toString().replace("/", "_");
  if (source.kind === "vpc") return "vpc";
  // The id of a list or a group may be a Terraform reference, which a construct id must not hold.
  return /^[a-z0-9-]+$/.test(source.id)
    ? source.id
    : `${source.kind}-${createHash("sha256").update(source.id).digest("hex").slice(0, 8)}`;
}
