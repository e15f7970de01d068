/**
 * The merge: every option makes requests (a port for a source), `firewall.cidr` and
 * `disable_public_ingress` change their sources, and equal requests become one row that keeps every step.
 *
 * The set of rules does not depend on the order of options, entries, ports or callers. The order of the
 * rows does, because users look for a row where they wrote it: http ports, 22, the callers' ports, then
 * the listed ones. A row that another one covers is reported and stays: the user may remove the wider one.
 */

import { defined } from "../../base/defined.js";
import type { Cidr } from "../../net/cidr.js";
import { covers, type IngressRule, printPorts, printSource, ruleKey, tcpRule } from "../../net/ingress-rule.js";
import { type CheckedOptions, readOptions } from "./read-options.js";
import { type RuleRequest, RuleRequests, type Step, type TableContext } from "./rule-requests.js";
import type { FirewallOptions } from "./schema.js";

export type { Step, TableContext } from "./rule-requests.js";

export interface TableRow {
  readonly rule: IngressRule;
  /** The option that opened the port first, and where it is written. */
  readonly option: string;
  readonly origin: string;
  readonly why: readonly Step[];
}

/** Two requests or rows, one of which is redundant. */
interface Overlap {
  readonly kind: "duplicate" | "covered";
  readonly text: string;
}

export interface RuleTable {
  /** Rules of the public group. */
  readonly rows: readonly TableRow[];
  /** Rules of a second group, for traffic inside the VPC: with profile dask, ports whose public flag is off. */
  readonly internal: readonly TableRow[];
  /** Sentences for people, the overlaps among them. */
  readonly warnings: readonly string[];
  readonly overlaps: readonly Overlap[];
  /** Whether `disable_public_ingress` puts the VPC in the place of every other source. */
  readonly isVpcOnly: boolean;
  readonly vpcCidr?: Cidr;
}

/**
 * @throws Fault as `readOptions` does, and if the options let callers in and none is given.
 *
 * @example
 * const { rows } = buildTable({ allow_ports: [22] }, { callers: [Cidr.host("203.0.113.7")] });
 */
export function buildTable(options: FirewallOptions, context: TableContext): RuleTable {
  return tableOf(readOptions(options, context.origins), context);
}

/** As {@link buildTable}, of options that `readOptions` has read. */
export function tableOf(checked: CheckedOptions, context: TableContext): RuleTable {
  const requests = new RuleRequests(checked, context);
  const overlaps: Overlap[] = [];
  const rows = merge(requests.all(), overlaps);
  reportCovered(rows, context.vpcCidr, overlaps);
  return defined({
    rows,
    internal: merge(requests.internal(), []),
    warnings: [...checked.warnings, ...requests.warnings, ...overlaps.map(({ text }) => text)],
    overlaps,
    isVpcOnly: checked.disablePublicIngress,
    vpcCidr: context.vpcCidr,
  });
}

/** Equal rules become one row, at the place of the first. */
function merge(requests: readonly RuleRequest[], overlaps: Overlap[]): TableRow[] {
  const rows = new Map<string, { first: RuleRequest; rule: IngressRule; why: Step[] }>();
  for (const request of requests) {
    const rule = tcpRule(request.port, request.source);
    const row = rows.get(ruleKey(rule));
    if (row === undefined) {
      rows.set(ruleKey(rule), { first: request, rule, why: [...request.steps] });
      continue;
    }
    // Two different sources that both became the VPC are no duplicate.
    if (printSource(row.first.asked) === printSource(request.asked)) {
      const who = `${request.port} from ${printSource(request.source)}`;
      const text = `${who} is asked for twice: by ${named(row.first.opener)} and by ${named(request.opener)}`;
      overlaps.push({ kind: "duplicate", text });
    }
    const isNew = (step: Step) => !row.why.some(({ option, text }) => option === step.option && text === step.text);
    row.why.push(...request.steps.filter(isNew));
  }
  return [...rows.values()].map(({ first, rule, why }) => {
    const { option, origin } = first.opener;
    return { rule, option, origin, why };
  });
}

const named = ({ option, origin }: { option: string; origin: string }): string => `${option} (${origin})`;

function reportCovered(rows: readonly TableRow[], vpcCidr: Cidr | undefined, overlaps: Overlap[]): void {
  for (const [index, row] of rows.entries()) {
    const cover = rows.find((other, place) => {
      if (place === index || !covers(other.rule, row.rule, vpcCidr)) return false;
      // Two rows may name the same addresses in two ways; then the later one is redundant.
      return place < index || !covers(row.rule, other.rule, vpcCidr);
    });
    if (cover === undefined) continue;
    const text = `${printPorts(row.rule)} from ${printSource(row.rule.source)}, by ${named(row)}, is covered by ${printSource(cover.rule.source)}, by ${named(cover)}`;
    overlaps.push({ kind: "covered", text });
  }
}
