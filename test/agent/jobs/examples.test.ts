/** The accelerators of examples/, as a reader would install them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { startTestEngine, type TestEngine } from "./support/test-engine.js";

const examples = join(import.meta.dirname, "../../../examples/accelerators");
let engine: TestEngine;
beforeAll(async () => {
  const source = readFileSync(join(examples, "agent.yaml"), "utf8").replaceAll("/opt/accelerators", examples);
  engine = await startTestEngine({ accelerators: parse(source).accelerators });
});
afterAll(() => engine.stop());

const run = async (accelerator: string, specific: object, input: string) => {
  const job = await engine.run({ accelerator, parameters: { app: { specific } }, output: { kind: "private" } }, input);
  return {
    ...job,
    output: job.state === "done" ? readFileSync(join(engine.jobsDir, job.id, "output"), "utf8") : "",
  };
};

test("rot13, word-count and first-lines run as configured", async () => {
  expect(await run("rot13", {}, "Uryyb")).toMatchObject({ state: "done", output: "Hello" });
  expect(await run("word-count", { least: 2 }, "a b a\nc a b\n")).toMatchObject({
    state: "done",
    progress: 1,
    output: "3\ta\n2\tb\n",
    result: { app: { status: 0, specific: { words: 6, different: 3 } } },
  });
  expect(await run("word-count", { least: "many" }, "a")).toMatchObject({
    failure: { reason: "app", detail: "app.specific.least is not a whole number" },
  });
  expect(await run("first-lines", { lines: 2 }, "1\n2\n3\n")).toMatchObject({ state: "done", output: "1\n2\n" });
});

test.each(["word-count", "first-lines"])("%s is started and stopped", async (accelerator) => {
  for (const phase of ["start", "stop"] as const) {
    expect(await engine.run({ accelerator, phase })).toMatchObject({ state: "done", result: { app: { status: 0 } } });
  }
});
