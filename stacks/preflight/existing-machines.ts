/** The machines that a project's states have already, and what a plan starts beyond them. Pure. */
import { managed, type StateFile } from "../terraform/state.js";
import type { WantedMachines } from "./wanted.js";

interface ExistingMachine {
  /** Undefined if the state does not tell it. */
  readonly type: string | undefined;
  readonly count: number;
}

/** By name, as {@link WantedMachines.what} has it. */
export type ExistingMachines = ReadonlyMap<string, ExistingMachine>;

export function existingMachines(states: readonly (StateFile | undefined)[]): ExistingMachines {
  const found = new Map<string, ExistingMachine>();
  for (const state of states) {
    for (const group of managed(state ?? {}, "aws_autoscaling_group")) {
      found.set("fleet", { type: firstType(group), count: Number(group.desired_capacity ?? 0) });
    }
    for (const { tags, instance_type } of managed(state ?? {}, "aws_instance")) {
      const { "sallyport:host": host = "gateway" } = (tags ?? {}) as Record<string, string | undefined>;
      found.set(host, { type: typeof instance_type === "string" ? instance_type : undefined, count: 1 });
    }
  }
  return found;
}

/** Whether the machines are new, or become machines of another type: Terraform changes the type in place. */
export function isNewType({ what, types: [type] }: WantedMachines, existing: ExistingMachines): boolean {
  const machine = existing.get(what);
  return machine === undefined || (machine.type !== undefined && machine.type !== type);
}

/**
 * The number of machines that are started beside those that exist, or in their place. Those of a fleet stay as they are
 * when its type changes.
 */
export function startedCount(wanted: WantedMachines, existing: ExistingMachines): number {
  const { what, count } = wanted;
  if (what !== "fleet" && isNewType(wanted, existing)) return count;
  return Math.max(0, count - (existing.get(what)?.count ?? 0));
}

/** For an Auto Scaling group, the first type that its state names. */
function firstType(group: Readonly<Record<string, unknown>>): string | undefined {
  type Policy = { launch_template?: { override?: { instance_type?: string }[] }[] };
  const [policy] = (group.mixed_instances_policy ?? []) as Policy[];
  return policy?.launch_template?.[0]?.override?.[0]?.instance_type;
}
