import { describe, expect, test } from "vitest";
import { admits, defaultSeconds, defaultSources } from "../../../gateway/forwards/policy.js";
import { aForward } from "../support/a-forward.js";

const policy = { sources: "caller", expires_seconds: 28_800 } as const;
const caller = (address: string, isOwner = true) => ({ address, isOwner });

describe("G-07: the sources of a forward whose request names none", () => {
  test.each([
    ["198.51.100.7", "192.168.1.5", ["198.51.100.7/32"]],
    ["2001:db8::7", "fd00:1::5", ["2001:db8::7/128"]],
  ])("from %s to %s: %j", (from, target, sources) => {
    expect(defaultSources(policy, caller(from), target)).toEqual(sources);
  });

  test.each([
    [
      "2001:db8::7",
      "192.168.1.5",
      true,
      "your request came from 2001:db8::7, and this target is reached by another IP",
    ],
    [
      "198.51.100.7",
      "fd00:1::5",
      true,
      "your request came from 198.51.100.7, and this target is reached by another IP",
    ],
    ["198.51.100.7", "192.168.1.5", false, "this forward is another user's"],
  ])("from %s to %s (own: %s) cannot be told", (from, target, isOwner, why) => {
    expect(() => defaultSources(policy, caller(from, isOwner), target)).toThrow(
      expect.objectContaining({ status: 422, code: "sources-needed", detail: expect.stringContaining(why) }),
    );
  });

  test("anywhere, if the gateway says so", () => {
    const open = { sources: "anywhere", expires_seconds: "never" } as const;
    expect(defaultSources(open, caller("2001:db8::7", false), "192.168.1.5")).toEqual([]);
    expect([defaultSeconds(open), defaultSeconds(policy)]).toEqual([undefined, 28_800]);
  });
});

test.each([
  [[], "198.51.100.7", true],
  [["198.51.100.0/24"], "198.51.100.7", true],
  [["203.0.113.7/32"], "198.51.100.7", false],
  [["203.0.113.7/32"], "2001:db8::7", undefined],
])("G-07: sources %j admit %s: %s", (sources, address, answer) => {
  expect(admits(aForward({ sources }), address)).toBe(answer);
});
