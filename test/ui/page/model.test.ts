/** What the page says, without a browser. */
import { expect, test } from "vitest";
import type { AccessRow, AgentDocument, HostItem } from "../../../ui/documents.js";
import { accessLines } from "../../../ui/page/app/access/access-lines.js";
import { hostFacts, startText, stateWord, toneOf, totalsOf } from "../../../ui/page/app/model.js";
import { formatPlace, parsePlace } from "../../../ui/page/app/place.js";
import { HOST } from "../support/ui-server.js";

const price = { usd_per_hour: 1.98, source: "current on-demand price" };
const RUNNING: HostItem = { ...HOST, up_seconds: 7_200, price, cost_usd: 3.96 };
const UP: AgentDocument = {
  agent: "up",
  idle: {
    idle_seconds: 720,
    since: "",
    busy: { jobs: 0, transfers: 0, logins: 0 },
    autostop: { idle_seconds: 3_600, action: "stop", stops_in_seconds: 2_880, ending: false },
  },
  directories: [],
  accelerators: {
    accelerators: [{ name: "gzip", kind: "builtin", concurrency: 2, timeout_seconds: 60, running: 1, queued: 3 }],
    devices: [
      { kind: "nvidia", id: "0", name: "L4", utilization_percent: 61.4 },
      { kind: "nvidia", id: "1", name: "L4", utilization_percent: 12 },
    ],
    device_errors: [],
  },
};
const DOWN: AgentDocument = { agent: "down", error: { message: "no answer" } };

test("the facts of a host that runs, and of its agent", () => {
  expect(hostFacts(RUNNING, UP)).toEqual([
    { label: "Up", value: "2 h" },
    { label: "Idle", value: "12 min", title: "stops itself in 48 min" },
    { label: "Cost per hour", value: "$1.98", title: "current on-demand price" },
    { label: "Cost so far", value: "$3.96", title: "since it was started" },
    { label: "In use", value: "1 job, 3 waiting", title: "2 devices, up to 61 % busy" },
  ]);
});

test.each<[string, Partial<HostItem>, AgentDocument | undefined, string, string]>([
  ["runs", {}, UP, "good", "running"],
  ["runs and does not answer", {}, DOWN, "bad", "running, does not answer"],
  ["runs without an agent", { has_agent: false }, { agent: "none" }, "good", "running"],
  ["is stopped", { state: "stopped" }, undefined, "unknown", "stopped"],
  ["is gone", { state: "gone" }, undefined, "bad", "gone"],
  ["is an address that answers", { state: "unknown", kind: "address" }, UP, "good", "answers"],
  ["is not known to EC2 now", { state: "unknown" }, undefined, "unknown", "state unknown"],
])("a host that %s", (_, changed, report, tone, word) => {
  const host = { ...RUNNING, ...changed };
  expect([toneOf(host, report), stateWord(host, report)]).toEqual([tone, word]);
});

test("starting a host names its price first", () => {
  expect(startText({ ...RUNNING, state: "stopped" })).toBe(
    "accelerator-1 (f2.6xlarge) costs $1.98 an hour while it runs, $47.52 a day (current on-demand price).",
  );
  expect(startText(HOST)).toMatch(/at a price that is not known here\.$/);
});

test("totals count what runs, and say where a price is missing", () => {
  const { price: _, cost_usd: __, ...unpriced } = RUNNING;
  const stopped: HostItem = { ...unpriced, state: "stopped" };
  expect(totalsOf([RUNNING, RUNNING, unpriced, stopped])).toEqual({
    states: "3 running, 1 stopped",
    hourly: "$3.96",
    soFar: "$7.92",
    unpriced: 1,
  });
  expect(totalsOf([])).toEqual({ states: "", unpriced: 0 });
});

test("rules that differ in their ports alone are one line", () => {
  const rule = (ports: string, more: Partial<AccessRow> = {}): AccessRow => ({
    kind: "lease",
    who: ["ada"],
    protocol: "tcp",
    ports,
    source: "192.0.2.1/32",
    until: "2026-03-01T09:00:00Z",
    why: "",
    ...more,
  });
  const lines = accessLines([rule("22"), rule("443"), rule("53", { protocol: "udp" }), rule("22", { who: ["bob"] })]);
  expect(lines.map(({ who, ports }) => [who.join(), ports])).toEqual([
    ["ada", "22, 443, 53 udp"],
    ["bob", "22"],
  ]);
});

test.each(["#accelerator-1/files/shared/a%2Fb/%F0%9F%92%A9", "#a%20b/jobs/01ab", "#accelerator-1/connect"])(
  "a place survives the address bar: %s",
  (hash) => {
    const place = parsePlace(hash);
    expect(place === undefined ? "" : formatPlace(place)).toBe(hash);
  },
);

test.each(["", "#", "#accelerator-1", "#accelerator-1/unknown", "#/files", "#%ff/files"])("%j is no place", (hash) => {
  expect(parsePlace(hash)).toBeUndefined();
});
