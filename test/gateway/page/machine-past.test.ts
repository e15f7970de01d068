/** What the page says of a machine's past. */
import { expect, test } from "vitest";
import { happenings, stretches, stretchText, trafficByPort, userRows } from "../../../gateway/page/app/machine-past.js";

const HOUR = 3_600_000;
const NOW = Date.parse("2026-01-31T12:00:00Z");
const iso = (hours: number) => new Date(NOW - hours * HOUR).toISOString();
const event = {
  at: iso(3),
  event: "opened" as const,
  by: "ada",
  owner: "ada",
  forward_id: "f1",
  conn_port: 50_000,
  protocol: "tcp" as const,
  target_port: 22,
  target_name: "b",
};

test("what happened, newest first, and by whom", () => {
  const history = [
    { at: iso(4), routable: true },
    { at: iso(1), routable: false },
  ];
  const { by: _nobody, ...unasked } = event;
  const events = [
    event,
    { ...event, at: iso(2.9), by: "root", owner: "ben" },
    { ...event, at: iso(2), event: "closed" as const, by: "root" },
    { ...unasked, at: iso(0.5), event: "expired" as const },
    { ...unasked, at: iso(0.4), event: "closed" as const },
  ];
  expect(happenings({ history, events }).map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
    "ended: The gateway closed port 50000 → 22 tcp of ada.",
    "ended: The time of port 50000 → 22 tcp of ada was over.",
    "down: The machine stopped answering.",
    "ended: root closed port 50000 → 22 tcp of ada.",
    "opened: root opened port 50000 → 22 tcp for ben.",
    "opened: ada opened port 50000 → 22 tcp.",
    "up: The machine answered.",
  ]);
});

const time = { start: NOW - 10 * HOUR, end: NOW };
test.each([
  ["no change is kept: as it is now", [], true, ["up 10"], "alive 100 % of the time"],
  ["never looked at", [], null, ["unknown 10"], "not known"],
  [
    "the change before the time counts",
    [
      [20, true],
      [4, false],
    ],
    false,
    ["up 6", "down 4"],
    "alive 60 % of the time, not alive for 4 hours",
  ],
  [
    "not known before the first change",
    [[5, true]],
    true,
    ["unknown 5", "up 5"],
    "alive 100 % of the time, not known for 5 hours",
  ],
  [
    "the same state twice is one",
    [
      [20, true],
      [4, true],
    ],
    true,
    ["up 10"],
    "alive 100 % of the time",
  ],
] as const)("a strip: %s", (_title, changes, known, parts, text) => {
  const history = changes.map(([hours, routable]) => ({ at: iso(hours), routable }));
  const all = stretches(history, known, time);
  expect(all.map(({ from, to, state }) => `${state} ${(to - from) / HOUR}`)).toEqual(parts);
  expect(stretchText(all)).toBe(text);
});

test("who used most comes first; traffic is by the port of the machine, also of forwards that ended", () => {
  const users = [
    { user: "ada", forwards: 1, bytes: 0, connections: 0 },
    { user: "ben", forwards: 0, bytes: 1_500, connections: 2, last_used: iso(2) },
  ];
  expect(userRows(users, NOW)).toEqual([
    ["ben", "0", "1.5 kB", "2", "2 hours ago"],
    ["ada", "1", "0 B", "0", "–"],
  ]);
  const sample = { conn_port: 50_000, minute: iso(0), packets: 1, bytes: 7, connections: 1 };
  const usage = {
    since: iso(9),
    used: [],
    samples: [
      { ...sample, forward_id: "f1" },
      { ...sample, forward_id: "f0" },
    ],
  };
  expect(trafficByPort(usage, [event])).toEqual([
    { at: NOW, series: "port 22 tcp", bytes: 7 },
    { at: NOW, series: "forward 50000", bytes: 7 },
  ]);
});
