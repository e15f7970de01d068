import { expect, test } from "vitest";
import type { StepResult } from "../../../local/scenarios/steps.js";
import { stepLine } from "../../../local/scenarios/steps-text.js";

const result: StepResult = {
  step: "verify",
  tried: "sallyport verify",
  cameBack: "certificate: verified, the very certificate, 824 days left\nwith the token: 200",
  verdict: "ok",
  seconds: 3.21,
};

test("a step is a line for each line that came back", () => {
  expect(stepLine(result)).toMatchInlineSnapshot(`
    "ok        3.2 s  verify: certificate: verified, the very certificate, 824 days left
                     with the token: 200"
  `);
});

test("on a terminal, lines end at a space before the last column, and stay under one another", () => {
  expect(stepLine(result, { columns: 60 })).toMatchInlineSnapshot(`
    "ok        3.2 s  verify: certificate: verified, the very
                     certificate, 824 days left
                     with the token: 200"
  `);
  expect(
    stepLine(result, { columns: 5 })
      .split("\n")
      .every((line) => line.length <= 37),
  ).toBe(true);
});

test("the verdict alone is coloured, and the columns stay", () => {
  const painted = stepLine(result, { paint: (mark, verdict) => `<${verdict}:${mark}>` });
  expect(painted).toBe(stepLine(result).replace("ok     ", "<ok:ok     >"));
});
