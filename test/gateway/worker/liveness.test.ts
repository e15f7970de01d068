import { expect, test } from "vitest";
import type { MachineState } from "../../../gateway/store/store.js";
import { answered } from "../../../gateway/worker/fping.js";
import { updateLiveness } from "../../../gateway/worker/liveness.js";

const unknown: MachineState = {
  name: "win",
  addr: "192.168.1.5",
  component: "Windows",
  routable: null,
  disagreeing: 0,
};

/** What holds after each of these sweeps. */
function after(sweeps: readonly boolean[], damping: number): (boolean | null)[] {
  let target = unknown;
  return sweeps.map((alive, index) => {
    target = updateLiveness(target, alive, index, damping).machine;
    return target.routable;
  });
}

test("V-30: the first sweep decides; before it nothing is known", () => {
  expect(unknown.routable).toBeNull();
  expect(after([false], 3)).toEqual([false]);
  expect(after([true], 3)).toEqual([true]);
});

test("V-30: flaps are damped: only sweeps in a row that disagree change what is known", () => {
  expect(after([true, false, true, false, true], 2)).toEqual([true, true, true, true, true]);
  expect(after([true, false, false, true], 2)).toEqual([true, true, false, false]);
  expect(after([true, false], 1)).toEqual([true, false]);
});

test("a change is told once, with its moment; a machine that is gone keeps when it was last seen", () => {
  const first = updateLiveness(unknown, true, 1_000, 1);
  expect(first.change).toEqual({ at: 1_000, addr: "192.168.1.5", routable: true });
  const second = updateLiveness(first.machine, true, 2_000, 1);
  expect(second.change).toBeUndefined();
  const third = updateLiveness(second.machine, false, 3_000, 1);
  expect(third.machine).toMatchObject({ routable: false, lastSeen: 2_000, checkedAt: 3_000 });
});

test("an answer to any of the tries counts, in fping's own words", () => {
  const summary = [
    "192.168.1.5 : xmt/rcv/%loss = 3/1/66%, min/avg/max = 0.05/0.05/0.05",
    "192.168.1.6 : xmt/rcv/%loss = 3/0/100%",
    "fd00:1::5   : xmt/rcv/%loss = 3/3/0%, min/avg/max = 0.05/0.05/0.05",
    "ICMP Host Unreachable from 192.168.1.1 for ICMP Echo sent to 192.168.1.6",
  ];
  expect(answered(summary.join("\n"))).toEqual(["192.168.1.5", "fd00:1::5"]);
});
