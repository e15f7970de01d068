/**
 * Counts a group's rules as AWS does, before anything is applied.
 *
 * The quota is per group and direction, and separate for IPv4 and IPv6. A prefix list counts as its
 * maximum entries, in every rule that names it. A group, or a list of unknown maximum, counts as one.
 * The family of lists and groups is unknown here, so they count against both quotas.
 */
import { type Cidr, uniqueCidrs } from "../../net/cidr.js";
import { CidrMerger } from "../../net/cidr-merger.js";
import { type IngressRule, printPorts, printSource } from "../../net/ingress-rule.js";
import * as errors from "../errors.js";

/** AWS's default; an account may have it raised (L-0EA8095F), to at most 1,000 divided by the groups per interface. */
export const RULES_PER_GROUP = 60;

export interface RuleCount {
  readonly ipv4: number;
  readonly ipv6: number;
}

export function countRules(rules: readonly IngressRule[]): RuleCount {
  const count = { ipv4: 0, ipv6: 0 };
  for (const { source } of rules) {
    if (source.kind === "cidr") count[source.cidr.family === 4 ? "ipv4" : "ipv6"] += 1;
    else if (source.kind === "vpc") count.ipv4 += 1;
    else {
      const weight = source.kind === "prefix-list" ? (source.maxEntries ?? 1) : 1;
      count.ipv4 += weight;
      count.ipv6 += weight;
    }
  }
  return count;
}

/** @throws Fault that names every way out, with its numbers. */
export function checkQuota(
  rules: readonly IngressRule[],
  options: { readonly group?: string; readonly limit?: number } = {},
): void {
  const limit = options.limit ?? RULES_PER_GROUP;
  const { ipv4, ipv6 } = countRules(rules);
  for (const [family, count] of [
    [4, ipv4],
    [6, ipv6],
  ] as const) {
    if (count <= limit) continue;
    throw errors.tooManyRules(options.group ?? "the group", family, count, limit, waysOut(rules, family, count, limit));
  }
}

/** Ranges to write in place of those that do not fit. */
export interface MergedRanges {
  readonly ports: readonly string[];
  readonly cidrs: readonly Cidr[];
  /** Addresses that the merged ranges let in beside the named ones. */
  readonly surplusAddresses: bigint;
}

/**
 * Merges the sources of each port until `limit` is kept: exactly if that is enough, else by joining the
 * nearest neighbours first, so that as few other addresses as possible come along. Ports with equal
 * sources keep equal sources.
 *
 * @returns undefined if only blocks wider than one party's own would fit.
 */
export function mergeToFit(
  rules: readonly IngressRule[],
  family: 4 | 6,
  limit: number,
): readonly MergedRanges[] | undefined {
  const isMergeable = ({ source }: IngressRule) => source.kind === "cidr" && source.cidr.family === family;
  const fixed = countRules(rules.filter((rule) => !isMergeable(rule)));
  const budget = limit - (family === 4 ? fixed.ipv4 : fixed.ipv6);
  const sets = portsBySources(rules.filter(isMergeable)).map(({ ports, cidrs }) => ({
    ports,
    merging: new CidrMerger(family, cidrs),
  }));
  while (sets.reduce((sum, { ports, merging }) => sum + ports.length * merging.count, 0) > budget) {
    let best: CidrMerger | undefined;
    for (const { merging } of sets) {
      if (merging.cost !== undefined && (best?.cost === undefined || merging.cost < best.cost)) best = merging;
    }
    if (best === undefined) return undefined;
    best.joinCheapest();
  }
  return sets.map(({ ports, merging }) => ({
    ports,
    cidrs: merging.cidrs,
    surplusAddresses: merging.surplusAddresses,
  }));
}

function portsBySources(rules: readonly IngressRule[]): { ports: string[]; cidrs: Cidr[] }[] {
  const perPort = new Map<string, Cidr[]>();
  for (const rule of rules) {
    if (rule.source.kind !== "cidr") continue;
    const cidrs = perPort.get(printPorts(rule));
    if (cidrs === undefined) perPort.set(printPorts(rule), [rule.source.cidr]);
    else cidrs.push(rule.source.cidr);
  }
  const bySources = new Map<string, { ports: string[]; cidrs: Cidr[] }>();
  for (const [ports, cidrs] of perPort) {
    const sources = uniqueCidrs(cidrs).join(" ");
    const same = bySources.get(sources);
    if (same === undefined) bySources.set(sources, { ports: [ports], cidrs });
    else same.ports.push(ports);
  }
  return [...bySources.values()];
}

function waysOut(rules: readonly IngressRule[], family: 4 | 6, count: number, limit: number): string[] {
  return [mergingWay(rules, family, limit), prefixListWay(rules, family, limit), secondGroupWay(count, limit)];
}

function mergingWay(rules: readonly IngressRule[], family: 4 | 6, limit: number): string {
  const merged = mergeToFit(rules, family, limit);
  if (merged === undefined) return "merged ranges: none would fit without letting in whole networks of strangers";
  const surplusAddresses = merged.reduce((sum, set) => sum + set.surplusAddresses, 0n);
  const cost =
    surplusAddresses === 0n ? "exactly the same addresses" : `with ${surplusAddresses} addresses that nobody named`;
  const lists = merged.map(({ ports, cidrs }) => `${cidrs.join(", ")} for ${ports.join(", ")}`);
  return `merged ranges, ${cost}: ${lists.join("; ")}`;
}

function prefixListWay(rules: readonly IngressRule[], family: 4 | 6, limit: number): string {
  const blocks = rules.filter(({ source }) => source.kind === "cidr" && source.cidr.family === family);
  const entries = new Set(blocks.map(({ source }) => printSource(source))).size;
  const ports = new Set(blocks.map(printPorts)).size;
  const total = entries * ports;
  const verdict = total <= limit ? "which fits here" : `which needs a raised quota`;
  return `a managed prefix list, which changes without touching a rule: ${entries} entries × ${ports} ${ports === 1 ? "port" : "ports"} count as ${total}, ${verdict}`;
}

function secondGroupWay(count: number, limit: number): string {
  const groups = Math.ceil(count / limit);
  const bound = groups > MAX_GROUPS ? `, but a network interface has at most ${MAX_GROUPS}` : "";
  return groups === 2
    ? `a second group on the same machines, which takes ${count - limit} of the rules`
    : `${groups} groups on the same machines, of ${limit} rules at most${bound}`;
}

/** AWS's default for groups per network interface. */
const MAX_GROUPS = 5;
