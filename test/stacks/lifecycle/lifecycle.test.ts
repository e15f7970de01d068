/** The pure parts of stopping and starting: modes, steps, prices, and what is read of Terraform's state and plans. */
import { describe, expect, test } from "vitest";
import { costOf, parsePrices } from "../../../stacks/lifecycle/prices.js";
import { nextStep } from "../../../stacks/lifecycle/start-stop.js";
import { parseStopMode } from "../../../stacks/lifecycle/stop-mode.js";
import { addressOf, hasUnknownOutputs } from "../../../stacks/terraform/state.js";
import { faultText } from "../../support/fault-text.js";

describe("A-60: the stop mode", () => {
  test.each([
    ["term", "term"],
    ["TERM", "term"],
    ["Stop", "stop"],
    ["keep", "keep"],
    ["0", "term"],
    ["1", "stop"],
    ["2", "keep"],
  ])("%j is %s", (text, mode) => expect(parseStopMode(text)).toBe(mode));

  test.each(["", "3", "pause", "constructor", "-1"])("%j is refused", async (text) => {
    expect(await faultText(() => parseStopMode(text))).toBe(
      `invalid value ${JSON.stringify(text)}, possible values are term, stop, keep\n  or 0, 1 and 2, which mean the same (exit 2)`,
    );
  });
});

test.each([
  // Stopped instances are started; for stopping ones, the kit waits.
  ["running", "stopped", "call"],
  ["running", "stopping", "wait"],
  ["running", "pending", "wait"],
  ["running", "running", "done"],
  ["running", "terminated", "never"],
  ["running", "shutting-down", "never"],
  ["stopped", "running", "call"],
  ["stopped", "pending", "wait"],
  ["stopped", "stopping", "wait"],
  ["stopped", "stopped", "done"],
  ["stopped", "gone", "never"],
] as const)("A-62: to be %s, one that is %s needs: %s", (wanted, state, step) => {
  expect(nextStep(wanted, state)).toBe(step);
});

describe("prices", () => {
  test("are by instance type, and the last word counts", () => {
    const prices = parsePrices(["f2.6xlarge=1.98, g6.xlarge=0.8", "", "g6.xlarge=0.8048"]);
    expect([...prices]).toEqual([
      ["f2.6xlarge", 1.98],
      ["g6.xlarge", 0.8048],
    ]);
  });

  test.each(["1.98", "f2.6xlarge", "f2.6xlarge=", "f2.6xlarge=-1", "f2.6xlarge=1,98", "=1"])(
    "%j is refused",
    async (text) => expect(await faultText(() => parsePrices([text]))).toMatch(/is not TYPE=USD\n.*\(exit 2\)$/),
  );

  test("make the cost, by the second, with a minute at least", () => {
    expect(costOf(1.98, 3_600)).toBe(1.98);
    expect(costOf(0.8048, 7_800)).toBe(1.74);
    expect(costOf(6, 1)).toBe(0.1);
  });
});

describe("Terraform's state", () => {
  const state = {
    resources: [
      { mode: "data", type: "aws_instance", name: "old", instances: [{ attributes: { id: "i-1" } }] },
      { mode: "managed", type: "aws_instance", name: "gone", instances: [] },
      { mode: "managed", type: "aws_instance", name: "one", instances: [{ attributes: { id: "i-1" } }] },
      { mode: "managed", type: "aws_eip", name: "two", instances: [{ attributes: { id: "i-2" } }] },
    ],
  };
  test.each([
    ["i-1", "aws_instance.one"],
    ["i-2", undefined],
    ["i-3", undefined],
  ])("has %s at %s", (id, address) => expect(addressOf(state, id)).toBe(address));

  test("is not taken over from a plan whose outputs depend on what is missing", () => {
    const known = { hosts: { after_unknown: { a: {} } }, callers: { after_unknown: false } };
    expect(hasUnknownOutputs({ output_changes: known })).toBe(false);
    expect(hasUnknownOutputs({})).toBe(false);
    expect(hasUnknownOutputs({ output_changes: { hosts: { after_unknown: { a: { public_ip: true } } } } })).toBe(true);
    expect(hasUnknownOutputs({ output_changes: { ids: { after_unknown: true } } })).toBe(true);
  });
});
