/**
 * One ingress rule as a value: the same one in the table of the options, in a security group as EC2
 * holds it, in synthesized Terraform JSON, and on its way to the kernel of the local machine.
 *
 * Two rules are the same rule if protocol, ports and source are: EC2 refuses the second of them as a
 * duplicate, whatever their descriptions say. A source of an unknown kind equals only itself, so that
 * no planner removes a rule that it cannot judge.
 */
import { compareText } from "../base/text/compare.js";
import { type Cidr, compareCidrs } from "./cidr.js";
import { LAST_PORT, onePort, type PortRange, printPortRange } from "./port-range.js";
import type { Spans } from "./ranges.js";

export type RuleSource =
  | { readonly kind: "cidr"; readonly cidr: Cidr }
  /** The range of the VPC, which often only Terraform knows. */
  | { readonly kind: "vpc" }
  | { readonly kind: "prefix-list"; readonly id: string; readonly maxEntries?: number }
  | { readonly kind: "security-group"; readonly id: string }
  /** Text of EC2 that is none of these. */
  | { readonly kind: "unknown"; readonly text: string };

export interface IngressRule {
  /** `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all. */
  readonly protocol: string;
  /** `ANY_PORTS` where the protocol has none. Of ICMP, `from` is the type and `to` the code. */
  readonly ports: PortRange;
  readonly source: RuleSource;
}

/** A rule whose source is a block of addresses. */
export interface CidrRule extends IngressRule {
  readonly source: Extract<RuleSource, { readonly kind: "cidr" }>;
}

export const ALL_PROTOCOLS = "-1";

export const cidrSource = (cidr: Cidr): RuleSource => ({ kind: "cidr", cidr });

export const tcpRule = (port: number, source: RuleSource): IngressRule => ({
  protocol: "tcp",
  ports: onePort(port),
  source,
});

/** A rule for every pair of ports and address. */
export function rulesFor(protocol: string, ports: readonly PortRange[], cidrs: readonly Cidr[]): IngressRule[] {
  return ports.flatMap((range) => cidrs.map((cidr) => ({ protocol, ports: range, source: cidrSource(cidr) })));
}

/** `tcp 8787 10.1.0.0/16`: equal exactly for equal rules. */
export function ruleKey({ protocol, ports, source }: IngressRule): string {
  return `${protocol} ${printPortRange(ports)} ${printSource(source)}`;
}

/** `tcp 5432 from 203.0.113.7/32` */
export function printRule(rule: IngressRule): string {
  return `${printProtocol(rule)} ${printPorts(rule)} from ${printSource(rule.source)}`;
}

/** `tcp`, `50`, or `any`. */
export function printProtocol({ protocol }: Pick<IngressRule, "protocol">): string {
  return protocol === ALL_PROTOCOLS ? "any" : protocol;
}

/** `5432`, `8786-8787`, `all`, or of ICMP `type 8`. */
export function printPorts({ protocol, ports }: Pick<IngressRule, "protocol" | "ports">): string {
  const { from, to } = ports;
  if (protocol.startsWith("icmp")) return from < 0 ? "all" : `type ${from}`;
  if (protocol === ALL_PROTOCOLS || (from <= 0 && (to === -1 || to === LAST_PORT))) return "all";
  return printPortRange(ports);
}

/** A block, `<vpc-cidr>`, or the id of a list or a group. */
export function printSource(source: RuleSource): string {
  switch (source.kind) {
    case "cidr":
      return source.cidr.toString();
    case "vpc":
      return "<vpc-cidr>";
    case "unknown":
      return source.text;
    default:
      return source.id;
  }
}

/** The order of every list of rules: by protocol, ports, then source; addresses by number. */
export function compareRules(a: IngressRule, b: IngressRule): number {
  return (
    compareText(a.protocol, b.protocol) ||
    a.ports.from - b.ports.from ||
    a.ports.to - b.ports.to ||
    compareSources(a.source, b.source)
  );
}

/** The ports that a rule opens, as numbers; a rule without ports opens all of them. */
export function portSpans({ protocol, ports: { from, to } }: Pick<IngressRule, "protocol" | "ports">): Spans {
  if (protocol === ALL_PROTOCOLS || from < 0) return [{ first: 0n, last: BigInt(LAST_PORT) }];
  return [{ first: BigInt(from), last: BigInt(to < from ? LAST_PORT : to) }];
}

export function coversProtocol(wide: IngressRule, narrow: IngressRule): boolean {
  return wide.protocol === narrow.protocol || wide.protocol === ALL_PROTOCOLS;
}

/**
 * Whether `wide` lets in everything that `narrow` does, as far as that can be known.
 *
 * @param vpcCidr range of the VPC. @default - not known
 */
export function covers(wide: IngressRule, narrow: IngressRule, vpcCidr?: Cidr): boolean {
  if (!coversProtocol(wide, narrow)) return false;
  const [[outer], [inner]] = [portSpans(wide), portSpans(narrow)];
  if (outer === undefined || inner === undefined || outer.first > inner.first || outer.last < inner.last) return false;
  const [around, within] = [blockOf(wide.source, vpcCidr), blockOf(narrow.source, vpcCidr)];
  if (around === undefined) return false;
  // Every VPC has an IPv4 range, whatever it is.
  if (within === undefined) return narrow.source.kind === "vpc" && around.isEverybody && around.family === 4;
  return around.contains(within);
}

function blockOf(source: RuleSource, vpcCidr: Cidr | undefined): Cidr | undefined {
  if (source.kind === "cidr") return source.cidr;
  return source.kind === "vpc" ? vpcCidr : undefined;
}

function compareSources(a: RuleSource, b: RuleSource): number {
  if (a.kind === "cidr" && b.kind === "cidr") return compareCidrs(a.cidr, b.cidr);
  return compareText(a.kind, b.kind) || compareText(printSource(a), printSource(b));
}
