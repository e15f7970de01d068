import { expect, test } from "vitest";
import { Fault } from "../../../base/fault.js";
import { expectThat, type StepResult, Steps } from "../../../local/scenarios/steps.js";

function watched() {
  const seen: string[] = [];
  let clock = 0;
  const watcher = {
    started: (step: string) => seen.push(`> ${step}`),
    ended: ({ step, verdict }: StepResult) => seen.push(`< ${step} ${verdict}`),
  };
  const steps = new Steps(watcher, () => {
    clock += 1500;
    return clock;
  });
  return { seen, steps };
}

test("a check that fails is in the table with its reason, and the rest goes on", async () => {
  const { seen, steps } = watched();
  await steps.check("one", "try", async () => {
    expectThat(false, "came back wrong");
    return "";
  });
  await steps.check("two", "try", async () => "fine");
  expect(seen).toEqual(["> one", "< one failed", "> two", "< two ok"]);
  expect(steps.results).toEqual([
    { step: "one", tried: "try", cameBack: "came back wrong", verdict: "failed", seconds: 1.5 },
    { step: "two", tried: "try", cameBack: "fine", verdict: "ok", seconds: 1.5 },
  ]);
  expect(steps.allPassed).toBe(false);
});

test("a step that others need ends the run; its hint is what came back", async () => {
  const { steps } = watched();
  const fault = new Fault("local/x", "it is not there", { hint: "put it there" });
  await expect(steps.must("one", "try", () => Promise.reject(fault))).rejects.toBe(fault);
  expect(steps.results.map(({ cameBack }) => cameBack)).toEqual(["it is not there\nput it there"]);
});

test("a step that was not run does not fail the run", () => {
  const { steps } = watched();
  steps.skip("one", "try", "no root");
  expect(steps.results).toMatchObject([{ verdict: "not run", cameBack: "no root" }]);
  expect(steps.allPassed).toBe(true);
});
