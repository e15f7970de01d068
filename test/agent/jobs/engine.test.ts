import { closeSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { sh, startTestEngine, type TestEngine, type TestEngineOptions } from "./support/test-engine.js";

let engine: TestEngine;
afterEach(() => engine.stop());
const start = async (accelerators: TestEngineOptions["accelerators"], more: Partial<TestEngineOptions> = {}) => {
  engine = await startTestEngine({ accelerators, ...more });
  return engine;
};

test("a filter turns the job's own input into its own output", async () => {
  await start({ upper: { filter: ["tr", "a-z", "A-Z"] } });
  const job = await engine.run({ output: { kind: "private" } }, "hello");
  expect(job).toMatchObject({ state: "done", exitStatus: 0, inputBytes: 5, outputBytes: 5, result: {} });
  const output = await engine.openOutput(job.id);
  expect(output?.size).toBe(5);
  expect(readFileSync(output?.fd ?? -1, "utf8")).toBe("HELLO");
  closeSync(output?.fd ?? -1);
  expect(engine.files(job.id)).toEqual(["job.json", "output"]);
});

test("A-83: a command gets -m -i -o -j -p, and its files between authorized directories", async () => {
  const script = `printf '%s\\n' "$@" >&2; cat "$4" > "$6"; cat "$8" >&2; echo '{"app":{"status":0,"specific":{"n":1}}}' > "\${10}"`;
  await start({ own: { command: sh(script) } });
  writeFileSync(join(engine.data, "in"), "bytes");
  const job = await engine.run({
    parameters: { app: { specific: { a: 1 } } },
    input: { kind: "host", directory: "data", names: ["in"] },
    output: { kind: "host", directory: "shared", names: ["sub", "out"] },
  });
  expect(job).toMatchObject({ state: "done", inputBytes: 5, outputBytes: 5 });
  expect(job.result).toEqual({ app: { status: 0, specific: { n: 1 } } });
  const dir = join(engine.jobsDir, job.id);
  expect(job.stderrTail?.split("\n")).toEqual([
    ...["-m", "1", "-i", `${dir}/input`, "-o", `${dir}/output`, "-j", `${dir}/scratch/parameters.json`],
    ...["-p", `${dir}/scratch/result.json`, '{"app":{"specific":{"a":1}}}'],
  ]);
  expect(readFileSync(join(engine.shared, "sub/out"), "utf8")).toBe("bytes");
  expect(engine.files(job.id)).toEqual(["job.json"]);
});
