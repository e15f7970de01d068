/** The checks of a host as a table for people. Pure. */
import { table } from "../../base/text/table.js";
import type { Check, CheckStatus } from "./verify-host.js";

const MARKS: Readonly<Record<CheckStatus, string>> = { ok: "ok", warning: "warning", failed: "FAILED", skipped: "-" };

export function checksText(checks: readonly Check[], name: string): string {
  const failed = checks.filter(({ verdict }) => verdict === "failed").length;
  // The first column is one space wider than the longest mark, whatever the outcome.
  const rows = checks.map(({ name: check, tried, got, verdict }) => [
    `${MARKS[verdict].padEnd(8)} ${check}`,
    tried,
    got,
  ]);
  const end = failed === 0 ? `${name} is as it should be` : `${failed} of ${checks.length} checks failed`;
  return `${table(rows)}\n\n${end}`;
}
