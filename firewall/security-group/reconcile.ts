/**
 * Applies plans, and plans anew whenever EC2's state differs from the last read.
 *
 * Authorize adds all its rules or, if one of them exists already, none. So after a duplicate the missing
 * rules are planned again from a fresh read. The same holds when the response to a call is lost: only the
 * next read shows whether it took effect.
 */

import { pause } from "../../base/async/backoff.js";
import type { InstalledRule } from "../../net/ec2-rules.js";
import * as faults from "./aws-faults.js";
import type { Ec2, Outcome, PrefixList } from "./ec2.js";
import { changesNothing, type RulePlan, rulesAfter } from "./plan.js";
import { batchPrefixList, entriesAfter, type PrefixListPlan } from "./plan-prefix-list.js";
import { checkQuota, countRules, RULES_PER_GROUP } from "./quota.js";

export interface GroupJob {
  readonly groupId: string;
  /** The rules as they were read. */
  readonly actual: readonly InstalledRule[];
  readonly plan: (actual: readonly InstalledRule[]) => RulePlan;
  /** Runs before every plan is applied. @throws Fault to leave everything as it is */
  readonly check?: (plan: RulePlan) => void;
  /** Rules that the group may hold per family. @default 60 */
  readonly quota?: number;
}

/** Grants, then changes of marks, then revokes: one call each. */
export function reconcileGroup(ec2: Ec2, job: GroupJob): Promise<Outcomes<RulePlan>> {
  const { groupId } = job;
  return converge(ec2, groupId, job.actual, {
    plan: (actual) => checked(job, actual),
    apply: (_, plan) => apply(ec2, job, plan),
    read: async () => (await ec2.readRules([groupId])).get(groupId) ?? [],
  });
}

/** The first plan and the last: what was to be done, and what the target is after it. */
interface Outcomes<Plan> {
  readonly first: Plan;
  readonly last: Plan;
}

interface Convergence<State, Plan> {
  /** @throws Fault to leave everything as it is */
  readonly plan: (state: State) => Plan;
  readonly apply: (state: State, plan: Plan) => Promise<Outcome>;
  readonly read: () => Promise<State>;
  /** Conflicts with another writer before it gives up. @default - any number */
  readonly maxConflicts?: number;
}

/** Plans and applies until a plan is done, each time from a fresh read. */
async function converge<State, Plan>(
  ec2: Ec2,
  target: string,
  found: State,
  { plan, apply, read, maxConflicts = Number.POSITIVE_INFINITY }: Convergence<State, Plan>,
): Promise<Outcomes<Plan>> {
  let state = found;
  const first = plan(state);
  let last = first;
  let conflicts = 0;
  for (let round = 1; ; round += 1) {
    const outcome = await apply(state, last);
    if (outcome === "done") return { first, last };
    conflicts += outcome === "contended" ? 1 : 0;
    if (conflicts > maxConflicts) throw faults.prefixListContended(target);
    if (round >= ec2.attempts) throw faults.keepsChanging(target, ec2.attempts);
    // EC2 is eventually consistent: a read right after a write may not show it yet.
    await pause(round, ec2.backoff);
    state = await read();
    last = plan(state);
  }
}

/** The plan for these rules. @throws Fault if a check or the quota forbids it */
export function checked(job: GroupJob, actual: readonly InstalledRule[]): RulePlan {
  const plan = job.plan(actual);
  if (plan.grant.length > 0) {
    checkQuota(rulesAfter(plan), { group: job.groupId, limit: job.quota ?? RULES_PER_GROUP });
  }
  job.check?.(plan);
  return plan;
}

async function apply(ec2: Ec2, { groupId, quota }: GroupJob, plan: RulePlan): Promise<Outcome> {
  if (changesNothing(plan)) return "done";
  const grant = () => ec2.authorize(groupId, plan.grant);
  const describe = () => ec2.describe(groupId, plan.remark);
  const revoke = () => ec2.revoke(groupId, plan.revoke);
  const steps = [
    ...(plan.grant.length > 0 ? [grant] : []),
    ...(plan.remark.length > 0 ? [describe] : []),
    ...(plan.revoke.length > 0 ? [revoke] : []),
  ];
  // The one exception to grants first: old and new rules do not fit into the group together. Only rules
  // that no list wants are revoked, so an address of both lists keeps its rule even then.
  if (plan.grant.length > 0 && plan.revoke.length > 0 && !fitTogether(plan, quota ?? RULES_PER_GROUP)) {
    steps.unshift(...steps.splice(-1));
  }
  for (const step of steps) {
    const outcome = await step();
    if (outcome !== "done") return outcome;
  }
  return "done";
}

function fitTogether(plan: RulePlan, quota: number): boolean {
  const { ipv4, ipv6 } = countRules([...rulesAfter(plan), ...plan.revoke]);
  return ipv4 <= quota && ipv6 <= quota;
}

export interface PrefixListJob {
  readonly list: PrefixList;
  readonly plan: (list: PrefixList) => PrefixListPlan;
  readonly check?: (plan: PrefixListPlan) => void;
}

/** Additions and removals in as few calls as EC2 permits; reads and retries a changed version once. */
export function reconcilePrefixList(ec2: Ec2, job: PrefixListJob): Promise<Outcomes<PrefixListPlan>> {
  const { id } = job.list;
  return converge(ec2, id, job.list, {
    plan: (list) => checkedList(job, list),
    apply: (list, plan) => applyToList(ec2, list, plan),
    read: () => ec2.readPrefixList(id),
    maxConflicts: 1,
  });
}

export function checkedList(job: PrefixListJob, list: PrefixList): PrefixListPlan {
  const plan = job.plan(list);
  const needed = entriesAfter(plan);
  if (plan.add.length > 0 && needed > list.maxEntries) throw faults.prefixListFull(list.id, needed, list.maxEntries);
  job.check?.(plan);
  return plan;
}

async function applyToList(ec2: Ec2, list: PrefixList, plan: PrefixListPlan): Promise<Outcome> {
  let { version } = list;
  for (const batch of batchPrefixList(plan, list.maxEntries - list.entries.length)) {
    const made = await ec2.modifyPrefixList({ ...list, version }, batch, plan.description);
    if (typeof made !== "number") return made;
    version = made;
  }
  return "done";
}
