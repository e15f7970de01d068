/** What a run did, or would do, as data for programs and as lines for people. */

import { defined } from "../../base/defined.js";
import { type IngressRule, printPorts, printProtocol, printSource, ruleKey } from "../../net/ingress-rule.js";
import { parseMark } from "./mark.js";
import type { RulePlan } from "./plan.js";
import type { PrefixListPlan } from "./plan-prefix-list.js";

export interface ReportRow {
  /** Id of the group or the prefix list. */
  readonly target: string;
  /** Absent for an entry of a prefix list. */
  readonly protocol?: string;
  readonly ports?: string;
  readonly source: string;
  /** End of the lease on this rule. */
  readonly until?: string;
  readonly holders?: readonly string[];
  /** Of a foreign rule: the list has this address as well, and the rule counts as there. */
  readonly wanted?: true;
}

export interface Report {
  /** False if everything was, or is, as it should be. */
  readonly changed: boolean;
  readonly added: readonly ReportRow[];
  readonly removed: readonly ReportRow[];
  /** Ours before and after. */
  readonly kept: readonly ReportRow[];
  /** Somebody else's: never touched. */
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
 * @param last what was found and done in the end, which is the same unless somebody came in between.
 */
export function reportOnGroup(
  target: string,
  first: RulePlan,
  last: RulePlan,
  desired: readonly IngressRule[] = [],
): Report {
  const before = byKey([...first.keep, ...first.revoke]);
  const after = byKey([...last.keep, ...last.grant.map(({ rule }) => rule)]);
  const marks = byKey([...last.grant, ...last.remark].map(({ rule, description }) => ({ ...rule, description })));
  const row = (rule: IngressRule) => ruleRow(target, marks.get(ruleKey(rule)) ?? rule);
  const wanted = new Set(desired.map(ruleKey));
  const added = [...after].filter(([key]) => !before.has(key)).map(([, rule]) => row(rule));
  const removed = [...before].filter(([key]) => !after.has(key)).map(([, rule]) => row(rule));
  return {
    changed: added.length + removed.length + first.remark.length > 0,
    added,
    removed,
    kept: [...after].filter(([key]) => before.has(key)).map(([, rule]) => row(rule)),
    foreign: last.foreign.map((rule) => ({
      ...ruleRow(target, rule),
      ...defined({ wanted: wanted.has(ruleKey(rule)) ? (true as const) : undefined }),
    })),
  };
}

export function reportOnPrefixList(
  target: string,
  first: PrefixListPlan,
  last: PrefixListPlan,
  desired: readonly { toString(): string }[] = [],
): Report {
  const before = new Set([...first.keep, ...first.remove].map(String));
  const after = new Set([...last.keep, ...last.add].map(String));
  const wanted = new Set(desired.map(String));
  const rows = (texts: Iterable<string>) => [...texts].map((source) => ({ target, source }));
  const added = rows([...after].filter((text) => !before.has(text)));
  const removed = rows([...before].filter((text) => !after.has(text)));
  return {
    changed: added.length + removed.length > 0,
    added,
    removed,
    kept: rows([...after].filter((text) => before.has(text))),
    foreign: last.foreign.map(({ text }) =>
      defined({
        target,
        source: text,
        wanted: wanted.has(text) ? (true as const) : undefined,
      }),
    ),
  };
}

/** One line per rule: `+` added, `-` removed, `=` kept, `foreign` left to whoever made it. */
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

function ruleRow(target: string, rule: IngressRule & { readonly description?: string }): ReportRow {
  const mark = parseMark(rule.description);
  return defined({
    target,
    protocol: printProtocol(rule),
    ports: printPorts(rule),
    source: printSource(rule.source),
    until: mark?.until === undefined ? undefined : mark.until.toISOString().replace(".000Z", "Z"),
    holders: mark?.holders === undefined ? undefined : mark.holders,
  });
}

function byKey<R extends IngressRule>(rules: readonly R[]): Map<string, R> {
  return new Map(rules.map((rule) => [ruleKey(rule), rule]));
}
