/** Who comes when, who is turned away, and what others hear of it. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Job } from "../../../agent/jobs/types.js";
import { Problem } from "../../../http/problem.js";
import { ended, sh, startTestEngine, type TestEngine, until } from "./support/test-engine.js";

let engine: TestEngine;
afterEach(() => engine.stop());

const problem = async (call: Promise<unknown>): Promise<Problem> => {
  const error = await call.then(
    () => new Error("it was taken"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Problem)) throw error;
  return error;
};
/** Runs until the file `gate` is there. */
const gated = (base: string) => sh(`while ! [ -e ${base}/gate ]; do sleep 0.02; done`);
const openGate = () => writeFileSync(join(engine.base, "gate"), "");

async function startGated(more: object = {}): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-jobs-"));
  engine = await startTestEngine({ accelerators: { slow: { filter: gated(dir), ...more } }, base: dir });
}

test("first come, first served, one at a time, however they end", async () => {
  engine = await startTestEngine({
    accelerators: {
      log: {
        filter: sh(
          'echo "$SALLYPORT_JOB_ID begin" >>../../../log; sleep 0.01; echo "$SALLYPORT_JOB_ID end" >>../../../log; exit $(($$ % 2))',
        ),
      },
    },
  });
  const jobs = await Promise.all(Array.from({ length: 8 }, () => engine.submitOne({})));
  await Promise.all(jobs.map(({ id }) => ended(engine, id)));
  const expected = jobs.flatMap(({ id }) => [`${id} begin`, `${id} end`]);
  expect(readFileSync(join(engine.base, "log"), "utf8").trim().split("\n")).toEqual(expected);
  expect(engine.list().map(({ id }) => id)).toEqual(jobs.map(({ id }) => id).reverse());
});

test("`concurrency` run at once and no more; another accelerator's queue is its own", async () => {
  const base = mkdtempSync(join(tmpdir(), "sallyport-jobs-"));
  engine = await startTestEngine({
    accelerators: { two: { filter: gated(base), concurrency: 2 }, other: { filter: ["cat"] } },
    base,
  });
  const jobs = await Promise.all([1, 2, 3].map(() => engine.submitOne({})));
  await Promise.all(jobs.slice(0, 2).map(({ id }) => until(engine, id, ({ state }) => state === "running")));
  expect(await engine.run({ accelerator: "other" })).toMatchObject({ state: "done" });
  expect(engine.accelerators()[0]).toEqual({
    name: "two",
    kind: "filter",
    concurrency: 2,
    timeoutSeconds: 900,
    running: 2,
    queued: 1,
  });
  expect(engine.get(jobs[2]?.id ?? "")?.state).toBe("queued");
  expect(engine.busy()).toBe(3);
  openGate();
  for (const { id } of jobs) expect((await ended(engine, id)).state).toBe("done");
  await until(engine, jobs[2]?.id ?? "", () => engine.busy() === 0);
});

test("a full queue is 503 with Retry-After, and nothing of the job stays", async () => {
  await startGated({ max_queue: 1 });
  const first = await engine.submitOne({});
  await until(engine, first.id, ({ state }) => state === "running");
  await engine.submitOne({});
  const before = engine.list().length;
  const full = await problem(engine.submitOne({}, "input"));
  expect(full).toMatchObject({ status: 503, code: "queue-full", headers: { "Retry-After": "5" } });
  expect(full.detail).toBe('1 jobs already wait for "slow"');
  expect(engine.list()).toHaveLength(before);
  openGate();
});

test("what is asked for wrongly is a problem before there is a job", async () => {
  engine = await startTestEngine({ accelerators: { cat: { filter: ["cat"] } } });
  expect(await problem(engine.submitOne({ accelerator: "dog" }))).toMatchObject({
    status: 404,
    code: "no-accelerator",
  });
  expect(await problem(engine.submitOne({ input: { kind: "private" } }))).toMatchObject({
    status: 400,
    code: "no-input",
  });
  const parameters = { text: "x".repeat(2 ** 20) };
  expect(await problem(engine.submitOne({ parameters }))).toMatchObject({ status: 413 });
  const draft = await engine.draft();
  await draft.abort();
  expect(engine.list()).toEqual([]);
  expect(engine.busy()).toBe(0);
  expect(() => engine.files(draft.id)).toThrow("ENOENT");
});

test("a queued job is cancelled at once and never runs; the next one takes its place", async () => {
  await startGated();
  const [first, second, third] = await Promise.all([1, 2, 3].map(() => engine.submitOne({})));
  expect(await engine.cancel(second?.id ?? "")).toMatchObject({ state: "cancelled" });
  expect(engine.files(second?.id ?? "")).toEqual(["job.json"]);
  openGate();
  expect((await ended(engine, first?.id ?? "")).state).toBe("done");
  expect((await ended(engine, third?.id ?? "")).state).toBe("done");
  expect(engine.get(second?.id ?? "")).not.toHaveProperty("startedAt");
  expect(await engine.cancel("0".repeat(32))).toBeUndefined();
});

test("followers hear each later state, and progress on the way", async () => {
  engine = await startTestEngine({
    accelerators: {
      tell: { filter: sh('echo "progress: 25%" >&2; read -r _; printf "progress: 50.5%%\\rpartial" >&2; read -r _') },
    },
  });
  const job = await engine.submitOne({}, "a\nb\n");
  const heard: Job[] = [];
  const stop = engine.follow(job.id, (now) => heard.push(now));
  const end = await ended(engine, job.id);
  stop();
  expect(heard.map(({ state }) => state)[0]).toBe("running");
  expect(heard.at(-1)).toEqual(end);
  expect(end).toMatchObject({ state: "done", progress: 0.505, stderrTail: "partial" });
});

test("a job that is removed takes everything with it, also while it runs", async () => {
  await startGated();
  const [first, second] = [await engine.submitOne({}, "input"), await engine.submitOne({}, "input")];
  await until(engine, first?.id ?? "", ({ state }) => state === "running");
  for (const job of [second, first]) {
    expect(await engine.remove(job?.id ?? "")).toBe(true);
    expect(engine.get(job?.id ?? "")).toBeUndefined();
    expect(() => engine.files(job?.id ?? "")).toThrow("ENOENT");
    expect(await engine.remove(job?.id ?? "")).toBe(false);
  }
});

test("an agent that stops ends what runs, and takes no more", async () => {
  await startGated();
  const job = await engine.submitOne({});
  await until(engine, job.id, ({ state }) => state === "running");
  await engine.close();
  expect(engine.get(job.id)).toMatchObject({ state: "failed", failure: { reason: "interrupted" } });
  expect(engine.files(job.id)).toEqual(["job.json"]);
  expect(await problem(engine.submitOne({}))).toMatchObject({ status: 503, code: "stopping" });
});

test("T-26: a job that is accepted while the agent stops is on the disk before the agent has stopped", async () => {
  await startGated();
  const submitting = engine.submitOne({});
  await engine.close();
  const { id } = await submitting;
  expect(engine.get(id)).toMatchObject({ state: "queued" });
  expect(engine.files(id)).toEqual(["job.json"]);
});
