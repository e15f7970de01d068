/** The history of a watch as Prometheus metrics and as health. Pure. */
import { type Family, familyText } from "../../base/prometheus.js";
import type { Report } from "./report.js";
import type { Turn } from "./watch.js";

export interface SyncHistory {
  readonly owner: string;
  readonly turns: number;
  readonly failures: number;
  readonly added: number;
  readonly removed: number;
  readonly lastTurn?: Turn;
  readonly lastSuccess?: Date;
  readonly lastReport?: Report;
}

export const newHistory = (owner: string): SyncHistory => ({ owner, turns: 0, failures: 0, added: 0, removed: 0 });

export function recordTurn(history: SyncHistory, turn: Turn): SyncHistory {
  const { report } = turn;
  const counted = { ...history, turns: history.turns + 1, lastTurn: turn };
  if (report === undefined) return { ...counted, failures: history.failures + 1 };
  return {
    ...counted,
    added: history.added + report.added.length,
    removed: history.removed + report.removed.length,
    lastSuccess: turn.endedAt,
    lastReport: report,
  };
}

/** The text format, version 0.0.4. An event that has not happened yet has no sample. */
export function renderMetrics(history: SyncHistory): string {
  const { lastReport, lastSuccess, lastTurn } = history;
  const owner = { owner: history.owner };
  const families: readonly Family[] = [
    {
      name: "sallyport_sync_last_success_timestamp_seconds",
      type: "gauge",
      help: "When the rules last were as the list says.",
      samples: lastSuccess === undefined ? [] : [[owner, seconds(lastSuccess)]],
    },
    {
      name: "sallyport_sync_last_turn_timestamp_seconds",
      type: "gauge",
      help: "When the last turn ended, well or not.",
      samples: lastTurn === undefined ? [] : [[owner, seconds(lastTurn.endedAt)]],
    },
    {
      name: "sallyport_sync_last_turn_duration_seconds",
      type: "gauge",
      help: "How long the last turn took.",
      samples:
        lastTurn === undefined ? [] : [[owner, (lastTurn.endedAt.getTime() - lastTurn.startedAt.getTime()) / 1000]],
    },
    {
      name: "sallyport_sync_rules",
      type: "gauge",
      help: "Rules of the last turn that succeeded, by what became of them.",
      samples:
        lastReport === undefined
          ? []
          : ACTIONS.map((action) => [{ ...owner, action }, lastReport[action].length] as const),
    },
    {
      name: "sallyport_sync_changes_total",
      type: "counter",
      help: "Rules added and removed since the start.",
      samples: [
        [{ ...owner, action: "added" }, history.added],
        [{ ...owner, action: "removed" }, history.removed],
      ],
    },
    {
      name: "sallyport_sync_turns_total",
      type: "counter",
      help: "Turns since the start, well or not.",
      samples: [[owner, history.turns]],
    },
    {
      name: "sallyport_sync_failures_total",
      type: "counter",
      help: "Turns since the start that failed.",
      samples: [[owner, history.failures]],
    },
  ];
  return families.map(familyText).join("");
}

export interface Health {
  readonly healthy: boolean;
  readonly reason: string;
}

/** Healthy if a turn succeeded within the last three intervals: one failure is no alarm. */
export function healthOf({ lastSuccess, lastTurn }: SyncHistory, intervalMs: number, now: Date): Health {
  if (lastSuccess === undefined)
    return { healthy: false, reason: lastTurn === undefined ? "starting" : "no success yet" };
  const age = now.getTime() - lastSuccess.getTime();
  const said = `last success ${lastSuccess.toISOString()}`;
  return { healthy: age <= 3 * intervalMs + GRACE_MS, reason: said };
}

/** Time that the turns themselves may take. */
const GRACE_MS = 60_000;
const ACTIONS = ["added", "removed", "kept", "foreign"] as const;

/** Prometheus counts in seconds. */
function seconds(date: Date): number {
  return date.getTime() / 1000;
}
