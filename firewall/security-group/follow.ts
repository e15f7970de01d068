/**
 * One turn of following a list: read its sources, plan, and look before anything is taken away whether
 * that would cut off whoever runs this.
 *
 * Where that is, is asked only if a rule would go: most turns change nothing, and then no address
 * service need know of them.
 */
import { Cidr } from "../../net/cidr.js";
import type { Report } from "./report.js";
import { planSync, type SyncOptions, type SyncPlan } from "./sync.js";

export interface FollowOptions extends Omit<SyncOptions, "addresses" | "callers"> {
  /** The list of now. @throws Fault if a source gave none; then nothing is changed */
  readonly read: (signal?: AbortSignal) => Promise<readonly string[]>;
  /** Where this runs from. @throws Fault if that cannot be found out; then nothing is removed, nor added */
  readonly callers: (signal?: AbortSignal) => Promise<readonly Cidr[]>;
}

/** Reads, judges and plans. Nothing is changed before `apply`. */
export async function planFollow({ read, callers, ...options }: FollowOptions): Promise<SyncPlan> {
  const { overrides = {}, signal } = options;
  const addresses = await read(signal);
  const plan = await planSync({ ...options, addresses });
  // A lease that ends as it was granted locks nobody out by surprise.
  const removed = plan.preview.removed.filter(({ until }) => until === undefined);
  if (removed.length === 0 || overrides.confirmLockout) return plan;
  const here = await callers(signal);
  const touched = removed.some(({ source }) => here.some((caller) => lets(source, caller)));
  // What is to go is judged whole only with everything that is to stay, which the planner knows.
  return touched ? planSync({ ...options, addresses, callers: here }) : plan;
}

/** One turn: plan, and carry it out. A signal ends it before the first change, or not at all. */
export async function follow(options: FollowOptions): Promise<Report> {
  const plan = await planFollow(options);
  options.signal?.throwIfAborted();
  return plan.apply();
}

function lets(source: string, caller: Cidr): boolean {
  try {
    return Cidr.of(source).contains(caller);
  } catch {
    // A group or a list as the source: nothing that an address could be in.
    return false;
  }
}
