/** A run of the sync, for people. */
import { Fault } from "../../base/fault.js";
import { type Report, reportLines } from "./report.js";
import type { Turn } from "./watch.js";

/** Every rule, and a summary. */
export function planText(report: Report): string {
  return [...reportLines(report), summary(report)].join("\n");
}

/** The changes, and a summary. */
export function changesText(report: Report): string {
  return [...reportLines({ ...report, kept: [], foreign: [] }), summary(report)].join("\n");
}

function summary({ added, removed, kept, foreign }: Report): string {
  return `${added.length} added, ${removed.length} removed, ${kept.length} kept, ${foreign.length} foreign`;
}

/** One turn of a watch: `error` in place of the other two if the turn failed. */
export type TurnText = { readonly changes: readonly string[]; readonly summary: string } | { readonly error: string };

export function turnText({ endedAt, report, error }: Turn): TurnText {
  const at = endedAt.toISOString();
  if (report !== undefined) {
    const changes = reportLines({ ...report, kept: [], foreign: [] }).map((line) => `${at} ${line}`);
    return { changes, summary: `${at} ${summary(report)}` };
  }
  const reason = error instanceof Error ? error.message : String(error);
  const hint = error instanceof Fault && error.hint !== undefined ? ` (${error.hint.replaceAll("\n", " ")})` : "";
  return { error: `${at} ${reason}${hint}; trying again at the next turn` };
}
