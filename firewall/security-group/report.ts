/** A run's changes, done or planned, as data for programs and as lines for people. */
import { defined } from "../../base/defined.js";
import type { Cidr } from "../../net/cidr.js";
import { type IngressRule, printPorts, printProtocol, printSource, ruleKey } from "../../net/ingress-rule.js";
import { parseMark } from "./mark.js";
import type { RulePlan } from "./plan.js";
import type { PrefixListPlan } from "./plan-prefix-list.js";

interface ReportRow {
  /** Id of the group or the prefix list. */
  readonly target: string;
  /** Absent for an entry of a prefix list. */
  readonly protocol?: string;
  readonly ports?: string;
  readonly source: string;
  /** End of the lease on this rule. */
  readonly until?: string;
  readonly holders?: readonly string[];
  /** For a foreign rule: the list has this address as well, so the rule counts as present. */
  readonly wanted?: true;
}

export interface Report {
  /** False if nothing had, or has, to change. */
  readonly changed: boolean;
  readonly added: readonly ReportRow[];
  readonly removed: readonly ReportRow[];
  /** Ours before and after. */
  readonly kept: readonly ReportRow[];
  /** Rules of other owners: never touched. */
  readonly foreign: readonly ReportRow[];
}

export const NOTHING: Report = { changed: false, added: [], removed: [], kept: [], foreign: [] };

export function mergeReports(reports: readonly Report[]): Report {
  return {
    changed: reports.some(({ changed }) => changed),
    added: reports.flatMap(({ added }) => added),
    removed: reports.flatMap(({ removed }) => removed),
    kept: reports.flatMap(({ kept }) => kept),
    foreign: reports.flatMap(({ foreign }) => foreign),
  };
}

/**
 * @param first what was found and to be done.
 * @param last what was found and done in the end: the same, unless another writer came in between.
 */
export function reportOnGroup(
  target: string,
  first: RulePlan,
  last: RulePlan,
  desired: readonly IngressRule[] = [],
): Report {
  const marks = new Map([...last.grant, ...last.remark].map(({ rule, description }) => [ruleKey(rule), description]));
  const row = (rule: IngressRule & { readonly description?: string }) =>
    ruleRow(target, rule, marks.get(ruleKey(rule)) ?? rule.description);
  const rows = (rules: readonly IngressRule[]) => new Map(rules.map((rule) => [ruleKey(rule), row(rule)]));
  return compared({
    before: rows([...first.keep, ...first.revoke]),
    after: rows([...last.keep, ...last.grant.map(({ rule }) => rule)]),
    foreign: rows(last.foreign),
    wanted: new Set(desired.map(ruleKey)),
    isRemarked: first.remark.length > 0,
  });
}

export function reportOnPrefixList(
  target: string,
  first: PrefixListPlan,
  last: PrefixListPlan,
  desired: readonly Cidr[] = [],
): Report {
  const rows = (sources: readonly string[]) => new Map(sources.map((source) => [source, { target, source }]));
  return compared({
    before: rows([...first.keep, ...first.remove].map(String)),
    after: rows([...last.keep, ...last.add].map(String)),
    foreign: rows(last.foreign.map(({ text }) => text)),
    wanted: new Set(desired.map(String)),
    isRemarked: false,
  });
}

/** Rows by the identity of their rules. */
type Rows = ReadonlyMap<string, ReportRow>;

interface Comparison {
  /** Rules of ours that were found. */
  readonly before: Rows;
  /** Rules of ours that are there in the end. */
  readonly after: Rows;
  readonly foreign: Rows;
  readonly wanted: ReadonlySet<string>;
  /** Whether a rule got another description. */
  readonly isRemarked: boolean;
}

function compared({ before, after, foreign, wanted, isRemarked }: Comparison): Report {
  const pick = (rows: Rows, isChosen: (key: string) => boolean) =>
    [...rows].filter(([key]) => isChosen(key)).map(([, row]) => row);
  const added = pick(after, (key) => !before.has(key));
  const removed = pick(before, (key) => !after.has(key));
  return {
    changed: added.length + removed.length > 0 || isRemarked,
    added,
    removed,
    kept: pick(after, (key) => before.has(key)),
    foreign: [...foreign].map(([key, row]): ReportRow => (wanted.has(key) ? { ...row, wanted: true } : row)),
  };
}

/** One line per rule: `+` added, `-` removed, `=` kept, `foreign` left to its owner. */
export function reportLines(report: Report): string[] {
  return [
    ...report.added.map((row) => `+ ${rowText(row)}`),
    ...report.removed.map((row) => `- ${rowText(row)}`),
    ...report.kept.map((row) => `= ${rowText(row)}`),
    ...report.foreign.map((row) => `foreign ${rowText(row)}${row.wanted ? " (counts as there)" : ""}`),
  ];
}

function rowText({ target, protocol, ports, source, until, holders }: ReportRow): string {
  const service = protocol === undefined ? "" : ` ${protocol} ${ports}`;
  const whose = holders === undefined ? "" : ` of ${holders.join(", ")}`;
  const lease = until === undefined ? "" : ` (lease${whose} until ${until})`;
  return `${target}${service} ${source}${lease}`;
}

function ruleRow(target: string, rule: IngressRule, description: string | undefined): ReportRow {
  const { until, holders } = parseMark(description) ?? {};
  return defined({
    target,
    protocol: printProtocol(rule),
    ports: printPorts(rule),
    source: printSource(rule.source),
    until: until?.toISOString().replace(".000Z", "Z"),
    holders,
  });
}
