/** Folds the result of one sweep into what is known of a machine. Pure. */
import { defined } from "../../base/defined.js";
import type { LivenessChange, MachineState } from "../store/store.js";

export interface LivenessUpdate {
  readonly machine: MachineState;
  /** Set when the machine came or went, and on its first sweep. */
  readonly change?: LivenessChange;
}

/**
 * One lost sweep is not a dead machine: a known state changes only after `damping` consecutive sweeps disagree.
 * The first sweep of an unknown machine decides at once.
 */
export function updateLiveness(before: MachineState, alive: boolean, at: number, damping: number): LivenessUpdate {
  const { name, addr, component, routable } = before;
  const lastSeen = alive ? at : before.lastSeen;
  const machine = (state: Pick<MachineState, "routable" | "disagreeing">): MachineState =>
    defined<MachineState>({ name, addr, component, checkedAt: at, lastSeen, ...state });
  if (routable === alive) return { machine: machine({ routable, disagreeing: 0 }) };
  const disagreeing = before.disagreeing + 1;
  if (routable !== null && disagreeing < damping) return { machine: machine({ routable, disagreeing }) };
  return { machine: machine({ routable: alive, disagreeing: 0 }), change: { at, addr, routable: alive } };
}
