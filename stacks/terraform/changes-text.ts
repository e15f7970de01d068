/** Prints planned changes. Pure. */
import type { PlannedChange } from "./terraform-log.js";

const SIGNS = { create: "+", update: "~", replace: "-/+", delete: "-" } as const;

export function changesText(changes: readonly PlannedChange[]): string {
  if (changes.length === 0) return "nothing to change";
  const lines = [...changes]
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))
    .map(({ action, name, type }) => `  ${SIGNS[action].padEnd(3)} ${name}  (${type})`);
  const counts = Object.keys(SIGNS)
    .map((action) => [action, changes.filter((change) => change.action === action).length] as const)
    .filter(([, number]) => number > 0)
    .map(([action, number]) => `${number} to ${action}`);
  return [...lines, counts.join(", ")].join("\n");
}

/** `1 resource`, `12 resources`. */
export function resourceCount({ length }: readonly PlannedChange[]): string {
  return length === 1 ? "1 resource" : `${length} resources`;
}
