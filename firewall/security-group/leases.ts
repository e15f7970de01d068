/**
 * Access for a time: rules whose marks say when they end and who holds them.
 *
 * The rule itself is the only record of a lease, and any run that reads the group removes expired ones.
 * Where a list of ours already has the same rule, the lease is written onto it (see `plan.ts`). Where
 * another owner has it, the lease gets no rule of its own and lasts only as long as theirs.
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
  /** The reason that was given; empty without one. */
  readonly why: string;
}

export interface LeaseOptions {
  readonly ec2: Ec2;
  readonly groupIds: readonly string[];
  /** @default now */
  readonly now?: Date;
  /** Addresses of the machine that runs this command, so that it does not lock itself out. */
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
  /** The reason, in words that EC2 takes in a description. @default - none */
  readonly why?: string;
}

/** Lets `sources` in until `grant.until`. Another holder's longer lease on the same rule keeps its end. */
export async function grantLease(options: LeaseOptions, grant: LeaseGrant): Promise<Report> {
  const { now = new Date() } = options;
  if (grant.until.getTime() <= now.getTime()) throw errors.leaseInThePast(grant.until);
  const { protocol = "tcp", ports, sources } = grant;
  const wanted = rulesFor(protocol, ports, sources);
  return run(options, (actual) => planGrant(wanted, actual, grant, now), wanted);
}

/** Ends all leases of a holder, whatever their addresses. @returns the removed rules */
export async function revokeLease(options: LeaseOptions, name: string): Promise<Report> {
  const { now = new Date() } = options;
  return run(options, (actual) => planLeases(actual, now, (mark) => withoutHolder(mark, name)));
}

export interface LeaseRenewal {
  readonly name: string;
  readonly until: Date;
  /** The holder's addresses now, in place of all previous ones. @default the same addresses */
  readonly sources?: readonly Cidr[];
}

/** Moves the end of a lease and, for a roaming holder, its addresses: new rules come before old ones go. */
export async function renewLease(options: LeaseOptions, renewal: LeaseRenewal): Promise<Report> {
  const { now = new Date() } = options;
  if (renewal.until.getTime() <= now.getTime()) throw errors.leaseInThePast(renewal.until);
  const leases = await listLeases(options);
  if (!leases.some(({ holders }) => holders.includes(renewal.name))) throw errors.noLease(renewal.name);
  return run(options, (actual) => planRenewal(actual, renewal, now));
}

/** Removes expired leases. Every sync does so too; this is for groups that follow no list. */
export async function endExpiredLeases(options: LeaseOptions): Promise<Report> {
  const { now = new Date() } = options;
  return run(options, (actual) => planLeases(actual, now, (mark) => mark));
}

/** Every leased rule, including expired ones that are not removed yet. */
export async function listLeases({ ec2, groupIds, now = new Date(), signal }: LeaseOptions): Promise<Lease[]> {
  const groups = await ec2.readRules(groupIds, signal);
  return [...groups].flatMap(([groupId, rules]) =>
    rules.flatMap((rule): Lease[] => {
      const mark = parseMark(rule.description);
      if (mark?.until === undefined) return [];
      const { until, holders = [], note: why = "" } = mark;
      return [{ groupId, rule, holders, until, isOver: isExpired(mark, now), why }];
    }),
  );
}

export function planGrant(
  wanted: readonly IngressRule[],
  actual: readonly InstalledRule[],
  { name, until, why }: Pick<LeaseGrant, "name" | "until" | "why">,
  now: Date,
): RulePlan {
  const keys = new Set(wanted.map(ruleKey));
  const reason = defined({ note: why });
  const description = formatMark({ owner: LEASE_OWNER, until, holders: [name], ...reason });
  const held = (mark: Mark) => ({ ...withHolder(mark, name, until), ...reason });
  return planLeases(actual, now, (mark, key) => (keys.has(key) ? held(mark) : mark), {
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
 * @param change maps a mark of ours to its successor; an expired lease is taken off before.
 * @param missing rules to grant if they are not there yet.
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
  // Without a lease before and after, the rule belongs to a list: leave it alone.
  if (before.until === undefined) return "foreign";
  return isLeaseOnly(before) ? "revoke" : after;
}

function current(mark: Mark, now: Date): Mark {
  return isExpired(mark, now) ? withoutLease(mark) : mark;
}

function withHolder(mark: Mark, name: string, until: Date): Mark {
  const others = (mark.holders ?? []).filter((holder) => holder !== name);
  // Another holder's lease on the same rule may end later, and the rule lasts as long.
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
  // Check every group before changing any.
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
