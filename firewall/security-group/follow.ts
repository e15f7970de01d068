/**
 * One turn of following a list: read its sources, plan, and check before any removal whether it would
 * lock out the machine that runs this.
 *
 * The machine's own address is looked up only if a rule would be removed. Most turns change nothing, and
 * then no address service hears of them.
 */
import { Cidr } from "../../net/cidr.js";
import type { Report } from "./report.js";
import { planSync, type SyncOptions, type SyncPlan } from "./sync.js";

export interface FollowOptions extends Omit<SyncOptions, "addresses" | "callers"> {
  /** Reads the list. @throws Fault if a source fails; then nothing changes */
  readonly read: (signal?: AbortSignal) => Promise<readonly string[]>;
  /** Finds this machine's addresses. @throws Fault if that fails; then nothing changes */
  readonly callers: (signal?: AbortSignal) => Promise<readonly Cidr[]>;
}

/** Reads, checks and plans. Nothing changes before `apply`. */
export async function planFollow({ read, callers, ...options }: FollowOptions): Promise<SyncPlan> {
  const { overrides = {}, signal } = options;
  const addresses = await read(signal);
  const plan = await planSync({ ...options, addresses });
  // The end of a lease is no surprise.
  const removed = plan.preview.removed.filter(({ until }) => until === undefined);
  if (removed.length === 0 || overrides.confirmLockout) return plan;
  const here = await callers(signal);
  const touched = removed.some(({ source }) => here.some((caller) => lets(source, caller)));
  // Only the planner knows every rule that stays, so it does the whole check.
  return touched ? planSync({ ...options, addresses, callers: here }) : plan;
}

/** Plans and applies. A signal ends it before the first change, or not at all. */
export async function follow(options: FollowOptions): Promise<Report> {
  const plan = await planFollow(options);
  options.signal?.throwIfAborted();
  return plan.apply();
}

function lets(source: string, caller: Cidr): boolean {
  // A group or a list as the source holds no address that is known here.
  return Cidr.tryOf(source)?.contains(caller) ?? false;
}
