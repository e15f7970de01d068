/** One turn of `--watch`, as lines: changes to stdout, the rest to stderr. */
import { Fault } from "../../base/fault.js";
import { escapeControls } from "../../base/text/escape.js";
import { reportLines } from "../../firewall/security-group/report.js";
import { summary } from "../../firewall/security-group/report-text.js";
import type { Turn } from "../../firewall/security-group/watch.js";
import type { Context } from "../context.js";

/** With `--json`, one line of JSON a turn. */
export function tellTurn(context: Context, { endedAt, report, error }: Turn): void {
  const at = endedAt.toISOString();
  if (report === undefined) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = error instanceof Fault && error.hint !== undefined ? ` (${error.hint.replaceAll("\n", " ")})` : "";
    context.warn(escapeControls(`${at} ${reason}${hint}; trying again at the next turn`));
    return;
  }
  if (context.options.json) {
    context.out(JSON.stringify({ at, ...report }));
    return;
  }
  for (const line of reportLines({ ...report, kept: [], foreign: [] })) context.out(`${at} ${line}`);
  context.note(`${at} ${summary(report)}`);
}
