/** What a sweep says about a machine, given what was known of it. Pure. */
import type { LivenessChange, Target } from "../store/store.js";

export interface Judged {
  readonly target: Target;
  /** Where the machine came or went; also the first time that anything was known. */
  readonly change?: LivenessChange;
}

/**
 * One lost sweep is not a dead machine: what is known changes when `damping` sweeps in a row say
 * otherwise. Where nothing is known yet, the first sweep decides.
 */
export function judge(target: Target, alive: boolean, at: number, damping: number): Judged {
  const seen = alive ? { lastSeen: at } : target.lastSeen === undefined ? {} : { lastSeen: target.lastSeen };
  const { name, addr, component, routable } = target;
  const base = { name, addr, component, checkedAt: at, ...seen };
  if (routable === alive) return { target: { ...base, routable, disagreeing: 0 } };
  const disagreeing = target.disagreeing + 1;
  if (routable !== null && disagreeing < damping) return { target: { ...base, routable, disagreeing } };
  return { target: { ...base, routable: alive, disagreeing: 0 }, change: { at, addr, routable: alive } };
}
