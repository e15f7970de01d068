/** What a run did, for people. */
import { type Report, reportLines } from "./report.js";

/** Every rule, and a summary: what a plan is looked at for. */
export function planText(report: Report): string {
  return [...reportLines(report), summary(report)].join("\n");
}

/** What has changed, and a summary. */
export function changesText(report: Report): string {
  return [...reportLines({ ...report, kept: [], foreign: [] }), summary(report)].join("\n");
}

export function summary({ added, removed, kept, foreign }: Report): string {
  return `${added.length} added, ${removed.length} removed, ${kept.length} kept, ${foreign.length} foreign`;
}
