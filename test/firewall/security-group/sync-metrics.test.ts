import { expect, test } from "vitest";
import { NOTHING } from "../../../firewall/security-group/report.js";
import { healthOf, newHistory, recordTurn, renderMetrics } from "../../../firewall/security-group/sync-metrics.js";

const at = (second: number) => new Date(Date.UTC(2025, 0, 1) + second * 1000);
const row = { target: "sg-1", source: "101.2.3.4/32" };
const success = {
  startedAt: at(10),
  endedAt: at(12),
  report: { ...NOTHING, added: [row, row], kept: [row], foreign: [row] },
};
const failure = { startedAt: at(20), endedAt: at(20.5), error: new Error("no") };

test("before the first turn there is nothing to tell but that there was none", () => {
  expect(renderMetrics(newHistory("faculty"))).toMatchInlineSnapshot(`
    "# HELP sallyport_sync_last_success_timestamp_seconds When the rules last were as the list says.
    # TYPE sallyport_sync_last_success_timestamp_seconds gauge
    # HELP sallyport_sync_last_turn_timestamp_seconds When the last turn ended, well or not.
    # TYPE sallyport_sync_last_turn_timestamp_seconds gauge
    # HELP sallyport_sync_last_turn_duration_seconds How long the last turn took.
    # TYPE sallyport_sync_last_turn_duration_seconds gauge
    # HELP sallyport_sync_rules Rules of the last turn that succeeded, by what became of them.
    # TYPE sallyport_sync_rules gauge
    # HELP sallyport_sync_changes_total Rules added and removed since the start.
    # TYPE sallyport_sync_changes_total counter
    sallyport_sync_changes_total{owner="faculty",action="added"} 0
    sallyport_sync_changes_total{owner="faculty",action="removed"} 0
    # HELP sallyport_sync_turns_total Turns since the start, well or not.
    # TYPE sallyport_sync_turns_total counter
    sallyport_sync_turns_total{owner="faculty"} 0
    # HELP sallyport_sync_failures_total Turns since the start that failed.
    # TYPE sallyport_sync_failures_total counter
    sallyport_sync_failures_total{owner="faculty"} 0
    "
  `);
});

test("after a success and a failure: when it last was as it should be, and what it then was", () => {
  const history = [success, failure].reduce(recordTurn, newHistory('a "quoted"\\ owner'));
  expect(renderMetrics(history)).toMatchInlineSnapshot(`
    "# HELP sallyport_sync_last_success_timestamp_seconds When the rules last were as the list says.
    # TYPE sallyport_sync_last_success_timestamp_seconds gauge
    sallyport_sync_last_success_timestamp_seconds{owner="a \\"quoted\\"\\\\ owner"} 1735689612
    # HELP sallyport_sync_last_turn_timestamp_seconds When the last turn ended, well or not.
    # TYPE sallyport_sync_last_turn_timestamp_seconds gauge
    sallyport_sync_last_turn_timestamp_seconds{owner="a \\"quoted\\"\\\\ owner"} 1735689620.5
    # HELP sallyport_sync_last_turn_duration_seconds How long the last turn took.
    # TYPE sallyport_sync_last_turn_duration_seconds gauge
    sallyport_sync_last_turn_duration_seconds{owner="a \\"quoted\\"\\\\ owner"} 0.5
    # HELP sallyport_sync_rules Rules of the last turn that succeeded, by what became of them.
    # TYPE sallyport_sync_rules gauge
    sallyport_sync_rules{owner="a \\"quoted\\"\\\\ owner",action="added"} 2
    sallyport_sync_rules{owner="a \\"quoted\\"\\\\ owner",action="removed"} 0
    sallyport_sync_rules{owner="a \\"quoted\\"\\\\ owner",action="kept"} 1
    sallyport_sync_rules{owner="a \\"quoted\\"\\\\ owner",action="foreign"} 1
    # HELP sallyport_sync_changes_total Rules added and removed since the start.
    # TYPE sallyport_sync_changes_total counter
    sallyport_sync_changes_total{owner="a \\"quoted\\"\\\\ owner",action="added"} 2
    sallyport_sync_changes_total{owner="a \\"quoted\\"\\\\ owner",action="removed"} 0
    # HELP sallyport_sync_turns_total Turns since the start, well or not.
    # TYPE sallyport_sync_turns_total counter
    sallyport_sync_turns_total{owner="a \\"quoted\\"\\\\ owner"} 2
    # HELP sallyport_sync_failures_total Turns since the start that failed.
    # TYPE sallyport_sync_failures_total counter
    sallyport_sync_failures_total{owner="a \\"quoted\\"\\\\ owner"} 1
    "
  `);
});

test("every line is of the text format: a comment, or a name with labels and a number", () => {
  const text = renderMetrics([success, failure].reduce(recordTurn, newHistory("faculty")));
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.trimEnd().split("\n")) {
    expect(line).toMatch(/^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+\{(?:[a-z]+="[^"]*",?)+\} [0-9.]+)$/);
  }
});

test("well for three intervals after the last success, and a minute for the turns themselves", () => {
  const every = 300_000;
  expect(healthOf(newHistory("x"), every, at(0))).toEqual({ healthy: false, reason: "starting" });
  expect(healthOf(recordTurn(newHistory("x"), failure), every, at(21))).toEqual({
    healthy: false,
    reason: "no success yet",
  });
  const history = [success, failure].reduce(recordTurn, newHistory("x"));
  const reason = "last success 2025-01-01T00:00:12.000Z";
  expect(healthOf(history, every, at(12 + 960))).toEqual({ healthy: true, reason });
  expect(healthOf(history, every, at(12 + 961))).toEqual({ healthy: false, reason });
});
