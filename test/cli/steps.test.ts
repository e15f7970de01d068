import { expect, test } from "vitest";
import type { Context } from "../../cli/context.js";
import { openSteps, type StepOptions } from "../../cli/steps.js";

test("S-16: what an apply says is labelled as up, though its plan was made as plan", async () => {
  const lines: string[] = [];
  const note = (line: string) => void lines.push(line);
  const progress = () => ({ update: () => undefined, done: () => undefined });
  const { signal } = new AbortController();
  const steps = openSteps({ env: {}, signal, note, progress } as unknown as Context);
  const plan = async ({ onStep }: StepOptions) => {
    onStep("reading");
    return { apply: async () => onStep("creating the group") };
  };
  const { apply } = await steps("plan", plan);
  await steps("up", apply);
  expect(lines).toEqual(["plan: reading", "up: creating the group"]);
});
