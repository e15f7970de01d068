/**
 * Makes rules or prefix lists follow a list of addresses: check the list, plan, grant, revoke.
 *
 * Everything is read and checked before anything changes. A refused list changes nothing. The rules
 * themselves are the only state between two runs, so an interrupted run is simply run again.
 */

import { defined } from "../../base/defined.js";
import type { Cidr } from "../../net/cidr.js";
import type { InstalledRule } from "../../net/ec2-rules.js";
import { type IngressRule, rulesFor } from "../../net/ingress-rule.js";
import type { PortRange } from "../../net/port-range.js";
import * as errors from "../errors.js";
import * as faults from "./aws-faults.js";
import type { Ec2, PrefixList } from "./ec2.js";
import { formatMark, LEASE_OWNER, parseMark } from "./mark.js";
import { planRules, rulesAfter, unexpectedRevokes } from "./plan.js";
import { planPrefixList } from "./plan-prefix-list.js";
import {
  checked,
  checkedList,
  type GroupJob,
  type PrefixListJob,
  reconcileGroup,
  reconcilePrefixList,
} from "./reconcile.js";
import { mergeReports, type Report, reportOnGroup, reportOnPrefixList } from "./report.js";
import {
  addressesOf,
  checkList,
  checkListLockout,
  checkLockout,
  type Overrides,
  readAddresses,
} from "./safety-checks.js";

interface GroupTarget {
  readonly kind: "group";
  readonly groupId: string;
  /** @default "tcp" */
  readonly protocol?: "tcp" | "udp";
  readonly ports: readonly PortRange[];
}

/** Takes the addresses of its own family. */
interface PrefixListTarget {
  readonly kind: "prefix-list";
  readonly prefixListId: string;
}

export type SyncTarget = GroupTarget | PrefixListTarget;

export interface SyncOptions {
  readonly ec2: Ec2;
  /** Addresses and blocks as the source wrote them. */
  readonly addresses: readonly string[];
  /** A group may appear several times, with different ports. */
  readonly targets: readonly SyncTarget[];
  /** Name of the list, in the mark of each of its rules. */
  readonly owner: string;
  /** Follow only addresses of this family. @default both */
  readonly family?: 4 | 6;
  readonly overrides?: Overrides;
  /** This machine's addresses; without them no lockout is detected. */
  readonly callers?: readonly Cidr[];
  /** Rules that a group may hold per family. @default 60 */
  readonly quota?: number;
  /** @default now */
  readonly now?: Date;
  /** Ends the run while it reads and plans; changes that have begun are completed. */
  readonly signal?: AbortSignal;
}

export interface SyncPlan {
  /** What `apply` would add, remove, keep and leave. */
  readonly preview: Report;
  readonly apply: () => Promise<Report>;
}

/** Plans and applies. */
export async function sync(options: SyncOptions): Promise<Report> {
  const plan = await planSync(options);
  options.signal?.throwIfAborted();
  return plan.apply();
}

/**
 * Reads the targets, checks the list and plans.
 *
 * @throws Fault if the list is refused; then nothing changes.
 */
export async function planSync(options: SyncOptions): Promise<SyncPlan> {
  const { ec2, owner, signal, overrides = {} } = options;
  if (owner === LEASE_OWNER) throw errors.reservedOwner(owner);
  formatMark({ owner });
  const targets = await readTargets(ec2, options.targets, signal);
  const read = ofFamily(readAddresses(options.addresses), options.family);
  const refusal = checkList(read, countBefore(targets, owner), overrides);
  if (refusal !== undefined) throw refusal;
  const steps = [
    ...[...targets.groups].map(([groupId, group]) => groupStep(options, groupId, group, read.addresses)),
    ...listSteps(options, targets.lists, read.addresses),
  ];
  return { preview: mergeReports(steps.map(({ preview }) => preview)), apply: () => applyAll(steps) };
}

interface Step {
  readonly preview: Report;
  readonly apply: () => Promise<Report>;
}

/** Targets that change concurrently: they are independent, and each costs round trips. */
const AT_ONCE = 8;

/** A failed target does not hold up the others; the first failure is thrown after all were tried. */
async function applyAll(steps: readonly Step[]): Promise<Report> {
  const reports: Report[] = [];
  const failures: unknown[] = [];
  for (let next = 0; next < steps.length; next += AT_ONCE) {
    const outcomes = await Promise.allSettled(steps.slice(next, next + AT_ONCE).map((step) => step.apply()));
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") reports.push(outcome.value);
      else failures.push(outcome.reason);
    }
  }
  if (failures.length > 0) throw failures[0];
  return mergeReports(reports);
}

interface Group {
  readonly targets: readonly GroupTarget[];
  readonly actual: readonly InstalledRule[];
}

interface Targets {
  readonly groups: ReadonlyMap<string, Group>;
  readonly lists: readonly PrefixList[];
}

async function readTargets(
  ec2: Ec2,
  targets: readonly SyncTarget[],
  signal: AbortSignal | undefined,
): Promise<Targets> {
  const ofGroups = new Map<string, GroupTarget[]>();
  const lists: PrefixList[] = [];
  for (const target of targets) {
    if (target.kind === "prefix-list") {
      if (lists.some(({ id }) => id === target.prefixListId)) continue;
      lists.push(await ec2.readPrefixList(target.prefixListId, signal));
    } else {
      ofGroups.set(target.groupId, [...(ofGroups.get(target.groupId) ?? []), target]);
    }
  }
  const groups = new Map<string, Group>();
  if (ofGroups.size > 0) {
    const rules = await ec2.readRules([...ofGroups.keys()], signal);
    for (const [id, named] of ofGroups) groups.set(id, { targets: named, actual: rules.get(id) ?? [] });
  }
  return { groups, lists };
}

/** How many addresses the list had the last time, as its marks show. */
function countBefore({ groups, lists }: Targets, owner: string): number {
  const owned = [...groups.values()].flatMap(({ actual }) =>
    actual.filter(({ description }) => parseMark(description)?.owner === owner),
  );
  const addresses = addressesOf(owned);
  for (const { entries } of lists) {
    for (const { text, description } of entries) if (parseMark(description)?.owner === owner) addresses.add(text);
  }
  return addresses.size;
}

function ofFamily(read: ReturnType<typeof readAddresses>, family: 4 | 6 | undefined): typeof read {
  return { ...read, addresses: read.addresses.filter((cidr) => family === undefined || cidr.family === family) };
}

function groupStep(options: SyncOptions, groupId: string, group: Group, addresses: readonly Cidr[]): Step {
  const { ec2, owner, callers = [], overrides = {}, quota, now = new Date() } = options;
  const desired = desiredRules(group.targets, addresses);
  const job = defined<GroupJob>({
    groupId,
    actual: group.actual,
    plan: (actual) => planRules(desired, actual, owner, now),
    check: (plan) => {
      const refusal = checkLockout(callers, unexpectedRevokes(plan, now), rulesAfter(plan), overrides);
      if (refusal !== undefined) throw refusal;
    },
    quota,
  });
  const plan = checked(job, group.actual);
  return {
    preview: reportOnGroup(groupId, plan, plan, desired),
    apply: async () => {
      const { first, last } = await reconcileGroup(ec2, job);
      return reportOnGroup(groupId, first, last, desired);
    },
  };
}

function desiredRules(targets: Group["targets"], addresses: readonly Cidr[]): IngressRule[] {
  return targets.flatMap(({ protocol = "tcp", ports }) => rulesFor(protocol, ports, addresses));
}

function listSteps(options: SyncOptions, lists: readonly PrefixList[], addresses: readonly Cidr[]): Step[] {
  if (lists.length === 0) return [];
  const families = new Set(lists.map(({ family }) => family));
  const homeless = addresses.find(({ family }) => !families.has(family));
  if (homeless !== undefined) throw faults.noListForFamily(homeless.family, homeless.toString());
  return lists.map((list) => listStep(options, list, addresses));
}

function listStep(options: SyncOptions, list: PrefixList, addresses: readonly Cidr[]): Step {
  const { ec2, owner, callers = [], overrides = {} } = options;
  const desired = addresses.filter(({ family }) => family === list.family);
  const job: PrefixListJob = {
    list,
    plan: ({ entries }) => planPrefixList(desired, entries, owner),
    check: ({ remove, keep, add, foreign }) => {
      const others = foreign.flatMap(({ cidr }) => (cidr === undefined ? [] : [cidr]));
      const refusal = checkListLockout(callers, remove, [...keep, ...add, ...others], overrides);
      if (refusal !== undefined) throw refusal;
    },
  };
  const plan = checkedList(job, list);
  return {
    preview: reportOnPrefixList(list.id, plan, plan, desired),
    apply: async () => {
      const { first, last } = await reconcilePrefixList(ec2, job);
      return reportOnPrefixList(list.id, first, last, desired);
    },
  };
}
