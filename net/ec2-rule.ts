/**
 * An ingress rule as EC2 holds it, or as it is to hold it.
 *
 * Two rules are the same rule if protocol, ports and source are: EC2 refuses the second of them as a
 * duplicate, whatever their descriptions say. A source of a kind that is not known here is equal to
 * nothing but itself, so that nothing is removed which cannot be judged.
 */
import { type Cidr, compareCidrs } from "./cidr.js";

export type LiveSource =
  | { readonly kind: "cidr"; readonly cidr: Cidr }
  | { readonly kind: "prefix-list"; readonly id: string }
  | { readonly kind: "security-group"; readonly id: string }
  | { readonly kind: "unknown"; readonly text: string };

export interface RuleContent {
  /** `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all. */
  readonly protocol: string;
  /** First port, or -1 where the protocol has none. */
  readonly from: number;
  readonly to: number;
  readonly source: LiveSource;
}

export interface LiveRule extends RuleContent {
  readonly id: string;
  readonly description: string;
}

/** A rule and the description it is to have. */
export interface MarkedRule {
  readonly rule: RuleContent;
  readonly description: string;
}

/** The identity of a rule. */
export function contentKey({ protocol, from, to, source }: RuleContent): string {
  return `${protocol} ${from}-${to} ${sourceText(source)}`;
}

export function sourceText(source: LiveSource): string {
  if (source.kind === "cidr") return source.cidr.toString();
  return source.kind === "unknown" ? source.text : source.id;
}

/** `5432`, `8786-8787`, `all`, or of ICMP `type 8`. */
export function portsText({ protocol, from, to }: RuleContent): string {
  if (protocol.startsWith("icmp")) return from < 0 ? "all" : `type ${from}`;
  if (protocol === "-1" || (from <= 0 && (to === -1 || to === 65_535))) return "all";
  return from === to ? String(from) : `${from}-${to}`;
}

/** `tcp 5432 from 203.0.113.7/32` */
export function ruleText(rule: RuleContent): string {
  const protocol = rule.protocol === "-1" ? "any" : rule.protocol;
  return `${protocol} ${portsText(rule)} from ${sourceText(rule.source)}`;
}

/** The order of every list of rules: by protocol, ports, then source; addresses by number. */
export function compareContent(a: RuleContent, b: RuleContent): number {
  return compareText(a.protocol, b.protocol) || a.from - b.from || a.to - b.to || compareSources(a.source, b.source);
}

function compareSources(a: LiveSource, b: LiveSource): number {
  if (a.kind === "cidr" && b.kind === "cidr") return compareCidrs(a.cidr, b.cidr);
  return compareText(a.kind, b.kind) || compareText(sourceText(a), sourceText(b));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
