/** The judge allows every possible history and no other; otherwise the kill test would prove nothing. */
import { describe, expect, test } from "vitest";
import { defined } from "../../../base/defined.js";
import { assignAll } from "./assign.js";
import type { Create, Delete, Event, Look, ObservedForward } from "./history.js";
import { judge } from "./judge.js";

const shown = (id: string, connPort: number, more: Partial<ObservedForward> = {}): ObservedForward => ({
  id,
  connPort,
  protocol: "tcp",
  target: "192.168.1.5 . 22",
  owner: "ada",
  intent: `w-${id}`,
  ...more,
});
const create = (began: number, ended: number, of: ObservedForward, more: Partial<Create> = {}): Create => {
  const { intent, owner, protocol, target } = of;
  return { op: "create", began, ended, intent, owner, protocol, target, answer: of, ...more };
};
const remove = (began: number, ended: number, connPort: number, more: Partial<Delete> = {}): Delete => ({
  ...{ op: "delete", began, ended, connPort, owner: "ada", at: ended * 1000, answer: "done" },
  ...more,
});
const look = (began: number, ended: number, forwards: readonly ObservedForward[], owner?: string): Look => ({
  ...{ op: "look", began, ended, at: ended * 1000, forwards },
  ...defined({ owner }),
});

const a = shown("a", 50_000);
const b = shown("b", 50_000);
const brief = shown("c", 50_000, { expiresAt: 5_000 });

const allowed: ReadonlyArray<readonly [title: string, events: readonly Event[]]> = [
  ["what was answered for is there", [create(1, 2, a), look(3, 4, [a]), look(5, 6, [a], "ada")]],
  ["a lost creation is there", [create(1, 2, a, { answer: "lost" }), look(3, 4, [a])]],
  ["a lost creation is not there", [create(1, 2, a, { answer: "lost" }), look(3, 4, [])]],
  ["a lost removal is done", [create(1, 2, a), remove(3, 4, 50_000, { answer: "lost" }), look(5, 6, [])]],
  ["a lost removal is not done", [create(1, 2, a), remove(3, 4, 50_000, { answer: "lost" }), look(5, 6, [a])]],
  [
    "a lost removal is done late",
    [create(1, 2, a), remove(3, 4, 50_000, { answer: "lost" }), look(5, 6, [a]), look(7, 8, [])],
  ],
  ["removed, and its port is another's", [create(1, 2, a), remove(3, 4, 50_000), create(5, 6, b), look(7, 8, [b])]],
  ["removed while it was being made", [create(1, 6, a), remove(2, 3, 50_000), look(7, 8, [])]],
  ["seen by a look that began before it was removed", [create(1, 2, a), look(3, 6, [a]), remove(4, 5, 50_000)]],
  ["expired", [create(1, 2, brief), look(3, 4, [brief]), look(5, 6, [])]],
  ["another's list does not show it", [create(1, 2, a), look(3, 4, [], "eve")]],
  ["another's removal finds nothing", [create(1, 2, a), remove(3, 4, 50_000, { owner: "eve", answer: "absent" })]],
  ["asked for twice by one key", [create(1, 2, a, { answer: "lost" }), create(3, 4, a), look(5, 6, [a])]],
  [
    "made anew by its key, after it was removed",
    [
      create(1, 2, a),
      remove(3, 4, 50_000),
      create(5, 6, { ...b, intent: a.intent }),
      look(7, 8, [{ ...b, intent: a.intent }]),
    ],
  ],
  ["a wanted port that is another's", [create(1, 2, a), create(3, 4, b, { wanted: 50_000, answer: "refused" })]],
  [
    "a wanted port that a lost one may have",
    [create(1, 2, a, { answer: "lost" }), create(3, 4, b, { wanted: 50_000, answer: "refused" })],
  ],
];

const wrong: ReadonlyArray<readonly [says: string, events: readonly Event[]]> = [
  ['a ("w-a", port 50000) is lost: no removal explains it', [create(1, 2, a), look(3, 4, [])]],
  ['a ("w-a", port 50000) is lost: no removal explains it', [create(1, 2, a), look(3, 4, [], "ada")]],
  [
    'a ("w-a", port 50000) is lost: no removal explains it',
    [create(1, 2, a), remove(3, 4, 50_000, { answer: "absent" }), look(5, 6, [])],
  ],
  [
    'a ("w-a", port 50000) is lost: no removal explains it',
    [create(1, 2, a), remove(3, 4, 50_000, { owner: "eve" }), look(5, 6, [])],
  ],
  [
    'a ("w-a", port 50000) is lost: no removal explains it',
    [create(1, 2, a), look(3, 4, []), remove(5, 6, 50_000, { answer: "lost" })],
  ],
  [
    'a ("w-a", port 50000) is lost: no removal explains it',
    [create(1, 2, a, { answer: "lost" }), look(3, 4, [a]), look(5, 6, [])],
  ],
  // The only removal ended before the second was asked for.
  [
    'b ("w-b", port 50000) is lost: no removal explains it',
    [create(1, 2, a), remove(3, 4, 50_000), create(5, 6, b), look(7, 8, [])],
  ],
  // One removal, and two are gone.
  [
    'b ("w-b", port 50000) is lost: no removal explains it',
    [create(1, 2, a), remove(3, 8, 50_000), create(4, 5, b), look(6, 7, [b]), look(9, 10, [])],
  ],
  ['c ("w-c", port 50000) is lost: no removal explains it', [create(1, 2, brief), look(3, 4, [])]],
  ['a ("w-a", port 50000) was gone and came back', [create(1, 2, a), remove(3, 4, 50_000), look(5, 6, [a])]],
  [
    'a ("w-a", port 50000) was gone and came back',
    [create(1, 2, a), remove(3, 4, 50_000, { answer: "lost" }), look(5, 6, []), look(7, 8, [a])],
  ],
  ['c ("w-c", port 50000) was gone and came back', [create(1, 2, brief), look(6, 7, []), look(8, 9, [brief])]],
  [
    'a ("w-a", port 50000) and b ("w-b", port 50000) share a port',
    [create(1, 2, a), create(3, 4, b), look(5, 6, [a, b])],
  ],
  [
    'a ("w-a", port 50000) and d ("w-a", port 50001) are one intent',
    [create(1, 2, a), create(3, 4, shown("d", 50_001, { intent: "w-a" })), look(5, 6, [a, shown("d", 50_001)])],
  ],
  ['a ("w-a", port 50000) is there, but was refused or never requested', [look(1, 2, [a])]],
  [
    'a ("w-a", port 50000) is there, but was refused or never requested',
    [create(1, 2, a, { answer: "refused" }), look(3, 4, [a])],
  ],
  [
    'a ("w-a", port 50000) was there before its request',
    [look(1, 2, [a]), create(3, 4, a, { answer: "lost" }), look(5, 6, [a])],
  ],
  [
    'a ("w-a", port 50000) is not what was requested',
    [create(1, 2, a, { target: "192.168.1.6 . 22", answer: "lost" }), look(3, 4, [a])],
  ],
  [
    'a ("w-a", port 50000) is not what was requested',
    [create(1, 2, a, { wanted: 50_001, answer: "lost" }), look(3, 4, [a])],
  ],
  ['"w-b" was refused port 50000, which was free', [create(1, 2, b, { wanted: 50_000, answer: "refused" })]],
  [
    '"w-b" was refused port 50000, which was free',
    [create(1, 2, a), remove(3, 4, 50_000), create(5, 6, b, { wanted: 50_000, answer: "refused" })],
  ],
  [
    '"w-b" was refused port 50000, which was free',
    [create(1, 2, a, { answer: "lost" }), look(3, 4, []), create(5, 6, b, { wanted: 50_000, answer: "refused" })],
  ],
];

describe("the judge of histories", () => {
  test.each(allowed)("allows: %s", (_title, events) => {
    expect(judge(events)).toEqual([]);
  });

  test.each(wrong)("finds: %s", (says, events) => {
    expect(judge(events)).toEqual([says]);
  });
});

test("each gets one of its own, even where the first choice must be given up", () => {
  const choices: Record<string, number[]> = { a: [1, 2], b: [1], c: [2] };
  expect(assignAll(["a", "b"], (thing) => choices[thing] ?? [])).toEqual([]);
  expect(assignAll(["a", "b", "c"], (thing) => choices[thing] ?? [])).toEqual(["c"]);
});
