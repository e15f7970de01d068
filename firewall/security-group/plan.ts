/**
 * What to do to one security group, decided from what it is to let in and what it lets in now.
 *
 * - Rules are compared by content; a description only says whose a rule is.
 * - Only rules with the owner's mark are revoked. Somebody else's rule with the wanted content counts
 *   as there, and is neither doubled, taken over, nor removed.
 * - A lease rides on the rule that it needs: under the owner `access` if it is the rule's only reason,
 *   under the list's owner if a list wants the same rule. So neither the end of a lease nor an address
 *   leaving the list takes away what the other still wants.
 * - A lease that has ended is removed by whoever comes first, not only by whom granted it.
 *
 * Carrying out a plan makes its successor empty, and no wanted rule that is there is ever revoked.
 */
import type { DescribedRule, InstalledRule } from "../../net/ec2-rules.js";
import { compareRules, type IngressRule, ruleKey } from "../../net/ingress-rule.js";
import { formatMark, isExpired, LEASE_OWNER, type Mark, parseMark, sameMark, withoutLease } from "./mark.js";

export interface RulePlan {
  /** To be added. */
  readonly grant: readonly DescribedRule[];
  /** There already, under a mark that is no longer right. */
  readonly remark: readonly DescribedRule[];
  readonly revoke: readonly InstalledRule[];
  /** Ours, and to stay: wanted, or leased. */
  readonly keep: readonly InstalledRule[];
  /** Not ours, wanted or not: never touched. */
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

/** What becomes of a rule: gone, left to whoever made it, or kept under a mark. */
export type RuleDisposition = "revoke" | "foreign" | Mark;

function decide(mark: Mark | undefined, isWanted: boolean, owner: string, now: Date): RuleDisposition {
  if (mark === undefined || (mark.owner !== owner && !isLeaseOnly(mark))) return "foreign";
  const lease = mark.until !== undefined && !isExpired(mark, now);
  if (isWanted) return { ...(lease ? mark : withoutLease(mark)), owner };
  return lease ? { ...mark, owner: LEASE_OWNER } : "revoke";
}

/** A rule that nothing but a lease asks for. Without an end it is no lease: nobody said that it ends. */
export function isLeaseOnly(mark: Mark): boolean {
  return mark.owner === LEASE_OWNER && mark.until !== undefined;
}

/** The revokes that somebody may not have expected: a lease that ends as it was granted is none. */
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

/** The rules that are there after the plan, described as they will be. */
export function rulesAfter(plan: RulePlan): IngressRule[] {
  return [...plan.keep, ...plan.foreign, ...plan.grant.map(({ rule }) => rule)].sort(compareRules);
}
