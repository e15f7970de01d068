/**
 * Access for a time: rules whose marks say when they end and whose they are.
 *
 * A lease needs no memory but the rule itself; any run that reads the group ends what is over. Where a
 * list of ours has the same rule already, the lease is written onto it (`plan.ts` tells why). Where
 * somebody else has, the lease has no rule of its own, and is told to be only as lasting as theirs.
 */

import { defined } from "../../base/defined.js";
import type { Cidr } from "../../net/cidr.js";
import type { InstalledRule } from "../../net/ec2-rules.js";
import { type IngressRule, ruleKey, rulesFor } from "../../net/ingress-rule.js";
import type { PortRange } from "../../net/port-range.js";
import * as errors from "../errors.js";
import type { Ec2 } from "./ec2.js";
import { formatMark, isExpired, LEASE_OWNER, type Mark, parseMark, withoutLease } from "./mark.js";
import {
  emptyPlan,
  isLeaseOnly,
  place,
  type RuleDisposition,
  type RulePlan,
  rulesAfter,
  sorted,
  unexpectedRevokes,
} from "./plan.js";
import { checked, type GroupJob, reconcileGroup } from "./reconcile.js";
import { mergeReports, type Report, reportOnGroup } from "./report.js";
import { checkLockout, type Overrides } from "./safety-checks.js";

/** One rule that is leased. */
export interface Lease {
  readonly groupId: string;
  readonly rule: InstalledRule;
  readonly holders: readonly string[];
  readonly until: Date;
  readonly isOver: boolean;
}

export interface LeaseOptions {
  readonly ec2: Ec2;
  readonly groupIds: readonly string[];
  /** @default now */
  readonly now?: Date;
  /** Where this command runs from, so that it does not lock itself out. */
  readonly callers?: readonly Cidr[];
  readonly overrides?: Pick<Overrides, "confirmLockout">;
  readonly quota?: number;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface LeaseGrant {
  readonly name: string;
  readonly sources: readonly Cidr[];
  /** @default "tcp" */
  readonly protocol?: "tcp" | "udp";
  readonly ports: readonly PortRange[];
  readonly until: Date;
}

/** Lets `sources` in until then. A longer lease of somebody else on the same rule is not cut short. */
export async function grantLease(options: LeaseOptions, grant: LeaseGrant): Promise<Report> {
  const { now = new Date() } = options;
  if (grant.until.getTime() <= now.getTime()) throw errors.leaseInThePast(grant.until);
  const { protocol = "tcp", ports, sources } = grant;
  const wanted = rulesFor(protocol, ports, sources);
  return run(options, (actual) => planGrant(wanted, actual, grant.name, grant.until, now), wanted);
}

/** Ends all leases of a name, whatever their addresses. @returns what went; nothing, if there was none */
export async function revokeLease(options: LeaseOptions, name: string): Promise<Report> {
  const { now = new Date() } = options;
  return run(options, (actual) => planLeases(actual, now, (mark) => withoutHolder(mark, name)));
}

export interface LeaseRenewal {
  readonly name: string;
  readonly until: Date;
  /** Where the holder is now: takes the place of every address the holder had. @default the same addresses */
  readonly sources?: readonly Cidr[];
}

/** Moves the end of a lease and, for a holder who roams, its addresses: the new before the old. */
export async function renewLease(options: LeaseOptions, renewal: LeaseRenewal): Promise<Report> {
  const { now = new Date() } = options;
  if (renewal.until.getTime() <= now.getTime()) throw errors.leaseInThePast(renewal.until);
  const leases = await listLeases(options);
  if (!leases.some(({ holders }) => holders.includes(renewal.name))) throw errors.noLease(renewal.name);
  return run(options, (actual) => planRenewal(actual, renewal, now));
}

/** Ends what is over. Every sync does so too; this is for groups that no list follows. */
export async function endExpiredLeases(options: LeaseOptions): Promise<Report> {
  const { now = new Date() } = options;
  return run(options, (actual) => planLeases(actual, now, (mark) => mark));
}

/** Every leased rule, those included that are over and not yet removed. */
export async function listLeases({ ec2, groupIds, now = new Date(), signal }: LeaseOptions): Promise<Lease[]> {
  const groups = await ec2.readRules(groupIds, signal);
  return [...groups].flatMap(([groupId, rules]) =>
    rules.flatMap((rule): Lease[] => {
      const mark = parseMark(rule.description);
      if (mark?.until === undefined) return [];
      const { until, holders = [] } = mark;
      return [{ groupId, rule, holders, until, isOver: isExpired(mark, now) }];
    }),
  );
}

export function planGrant(
  wanted: readonly IngressRule[],
  actual: readonly InstalledRule[],
  name: string,
  until: Date,
  now: Date,
): RulePlan {
  const keys = new Set(wanted.map(ruleKey));
  const description = formatMark({ owner: LEASE_OWNER, until, holders: [name] });
  return planLeases(actual, now, (mark, key) => (keys.has(key) ? withHolder(mark, name, until) : mark), {
    wanted,
    description,
  });
}

export function planRenewal(
  actual: readonly InstalledRule[],
  { name, until, sources }: LeaseRenewal,
  now: Date,
): RulePlan {
  const held = actual.filter(({ description }) => parseMark(description)?.holders?.includes(name));
  // The same services from the new addresses, or from the same ones.
  const wanted = held.flatMap((rule) => rulesFor(rule.protocol, [rule.ports], sources ?? []));
  const keys = new Set((sources === undefined ? held : wanted).map(ruleKey));
  const description = formatMark({ owner: LEASE_OWNER, until, holders: [name] });
  return planLeases(
    actual,
    now,
    (mark, key) => (keys.has(key) ? withHolder(mark, name, until) : withoutHolder(mark, name)),
    { wanted, description },
  );
}

/**
 * @param change what becomes of a mark of ours; it is given without its lease if that is over.
 * @param missing what is to be there as well, if it is not yet.
 */
export function planLeases(
  actual: readonly InstalledRule[],
  now: Date,
  change: (mark: Mark, key: string) => Mark,
  missing?: { readonly wanted: readonly IngressRule[]; readonly description: string },
): RulePlan {
  const plan = emptyPlan();
  const left = new Map((missing?.wanted ?? []).map((rule) => [ruleKey(rule), rule]));
  for (const rule of actual) {
    const key = ruleKey(rule);
    const mark = parseMark(rule.description);
    left.delete(key);
    place(plan, rule, mark, mark === undefined ? "foreign" : dispositionOf(mark, change(current(mark, now), key)));
  }
  for (const rule of left.values()) plan.grant.push({ rule, description: missing?.description ?? "" });
  return sorted(plan);
}

function dispositionOf(before: Mark, after: Mark): RuleDisposition {
  if (after.until !== undefined) return after;
  // Without a lease before and after it is a list's rule, and no business of ours here.
  if (before.until === undefined) return "foreign";
  return isLeaseOnly(before) ? "revoke" : after;
}

function current(mark: Mark, now: Date): Mark {
  return isExpired(mark, now) ? withoutLease(mark) : mark;
}

function withHolder(mark: Mark, name: string, until: Date): Mark {
  const others = (mark.holders ?? []).filter((holder) => holder !== name);
  // Somebody else's lease on the same rule may end later, and then the rule does.
  const end = others.length > 0 && mark.until !== undefined && mark.until > until ? mark.until : until;
  return { ...mark, until: end, holders: [...others, name] };
}

function withoutHolder(mark: Mark, name: string): Mark {
  const { holders = [] } = mark;
  if (!holders.includes(name)) return mark;
  const others = holders.filter((holder) => holder !== name);
  return others.length === 0 ? withoutLease(mark) : { ...mark, holders: others };
}

async function run(
  options: LeaseOptions,
  plan: (actual: readonly InstalledRule[]) => RulePlan,
  wanted: readonly IngressRule[] = [],
): Promise<Report> {
  const { ec2, groupIds, now = new Date(), callers = [], overrides = {}, quota, dryRun, signal } = options;
  const groups = await ec2.readRules(groupIds, signal);
  const jobs = [...groups].map(
    ([groupId, actual]): GroupJob =>
      defined<GroupJob>({
        groupId,
        actual,
        plan,
        check: (next) => {
          const refusal = checkLockout(callers, unexpectedRevokes(next, now), rulesAfter(next), overrides);
          if (refusal !== undefined) throw refusal;
        },
        quota,
      }),
  );
  // Every group is judged before any is changed.
  const plans = jobs.map((job) => checked(job, job.actual));
  const reports: Report[] = [];
  for (const [index, job] of jobs.entries()) {
    const first = plans[index];
    if (first === undefined) continue;
    const { last } = dryRun ? { last: first } : await reconcileGroup(ec2, job);
    reports.push(reportOnGroup(job.groupId, first, last, wanted));
  }
  return mergeReports(reports);
}
