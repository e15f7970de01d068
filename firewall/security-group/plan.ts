/**
 * Plans the changes to one security group, from the rules that it should have and the rules that it has.
 *
 * - Rules are compared by content; the description only names the owner.
 * - Only rules with the owner's mark are revoked. Another owner's rule with the wanted content counts as
 *   present, and is neither duplicated, taken over, nor removed.
 * - A lease shares the rule that it needs: under the owner `access` if the lease is the rule's only
 *   reason, under the list's owner if a list wants the same rule. So neither the end of a lease nor an
 *   address that leaves the list removes a rule that the other still wants.
 * - Any run removes an expired lease, not only one of its grantor.
 *
 * After a plan is applied, the next plan is empty. No plan revokes a wanted rule.
 */
import type { DescribedRule, InstalledRule } from "../../net/ec2-rules.js";
import { compareRules, type IngressRule, ruleKey } from "../../net/ingress-rule.js";
import { formatMark, isExpired, LEASE_OWNER, type Mark, parseMark, sameMark, withoutLease } from "./mark.js";

export interface RulePlan {
  /** Missing rules. */
  readonly grant: readonly DescribedRule[];
  /** Present rules that need another mark. */
  readonly remark: readonly DescribedRule[];
  readonly revoke: readonly InstalledRule[];
  /** Our rules that stay: wanted, or leased. */
  readonly keep: readonly InstalledRule[];
  /** Rules of other owners, wanted or not: never touched. */
  readonly foreign: readonly InstalledRule[];
}

export function planRules(
  desired: readonly IngressRule[],
  actual: readonly InstalledRule[],
  owner: string,
  now: Date,
): RulePlan {
  const wanted = new Map(desired.map((rule) => [ruleKey(rule), rule]));
  const there = new Set(actual.map(ruleKey));
  const description = formatMark({ owner });
  const plan = emptyPlan();
  for (const [key, rule] of wanted) if (!there.has(key)) plan.grant.push({ rule, description });
  for (const rule of actual) {
    const mark = parseMark(rule.description);
    const disposition = decide(mark, wanted.has(ruleKey(rule)), owner, now);
    place(plan, rule, mark, disposition);
  }
  return sorted(plan);
}

/** A rule is revoked, left to its owner, or kept under a mark. */
export type RuleDisposition = "revoke" | "foreign" | Mark;

function decide(mark: Mark | undefined, isWanted: boolean, owner: string, now: Date): RuleDisposition {
  if (mark === undefined || (mark.owner !== owner && !isLeaseOnly(mark))) return "foreign";
  const lease = mark.until !== undefined && !isExpired(mark, now);
  if (isWanted) return { ...(lease ? mark : withoutLease(mark)), owner };
  return lease ? { ...mark, owner: LEASE_OWNER } : "revoke";
}

/** Whether a lease is the only reason for a rule. A mark without an end is not a lease. */
export function isLeaseOnly(mark: Mark): boolean {
  return mark.owner === LEASE_OWNER && mark.until !== undefined;
}

/** Revokes that may surprise: all but expired leases. */
export function unexpectedRevokes(plan: RulePlan, now: Date): InstalledRule[] {
  return plan.revoke.filter(({ description }) => {
    const mark = parseMark(description);
    return mark === undefined || !isLeaseOnly(mark) || !isExpired(mark, now);
  });
}

export interface OpenPlan {
  readonly grant: DescribedRule[];
  readonly remark: DescribedRule[];
  readonly revoke: InstalledRule[];
  readonly keep: InstalledRule[];
  readonly foreign: InstalledRule[];
}

export const emptyPlan = (): OpenPlan => ({ grant: [], remark: [], revoke: [], keep: [], foreign: [] });

export function place(plan: OpenPlan, rule: InstalledRule, mark: Mark | undefined, disposition: RuleDisposition): void {
  if (disposition === "foreign") plan.foreign.push(rule);
  else if (disposition === "revoke") plan.revoke.push(rule);
  else {
    plan.keep.push(rule);
    if (mark === undefined || !sameMark(mark, disposition))
      plan.remark.push({ rule, description: formatMark(disposition) });
  }
}

/** In canonical order, so that calls, logs and diffs repeat exactly. */
export function sorted(plan: OpenPlan): RulePlan {
  const byRule = (a: DescribedRule, b: DescribedRule) => compareRules(a.rule, b.rule);
  return {
    grant: plan.grant.sort(byRule),
    remark: plan.remark.sort(byRule),
    revoke: plan.revoke.sort(compareRules),
    keep: plan.keep.sort(compareRules),
    foreign: plan.foreign.sort(compareRules),
  };
}

export function changesNothing(plan: RulePlan): boolean {
  return plan.grant.length + plan.remark.length + plan.revoke.length === 0;
}

/** The rules after the plan. */
export function rulesAfter(plan: RulePlan): IngressRule[] {
  return [...plan.keep, ...plan.foreign, ...plan.grant.map(({ rule }) => rule)].sort(compareRules);
}
