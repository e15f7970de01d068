/** What an engine finds of an earlier one. Killing real ones at random is in killed.system.test.ts. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { EndedJobs, MAX_ENDED, MAX_ENDED_BYTES } from "../../../agent/jobs/ended-jobs.js";
import { isJobId, jobIds } from "../../../agent/jobs/job-id.js";
import { defined } from "../../../base/defined.js";
import { Fault } from "../../../base/fault.js";
import { isAlive, markOf, type ProcessMark } from "../../../base/process/alive.js";
import { ended, sh, startTestEngine, type TestEngine, type TestEngineOptions, until } from "./support/test-engine.js";

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "sallyport-jobs-"));
  // Registered first, so that it runs last: engines that still stop write here.
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
});

const start = async (more: Partial<TestEngineOptions> = {}): Promise<TestEngine> => {
  const engine = await startTestEngine({ accelerators: { cat: { filter: ["cat"] } }, base, keep: true, ...more });
  onTestFinished(() => engine.stop().catch(() => undefined));
  return engine;
};
const ID = jobIds()();
const NEW = { phase: "process", parameters: {} } as const;
const plant = (journal: object, id = ID): string => {
  const dir = join(base, "jobs", id);
  mkdirSync(join(dir, "scratch"), { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, "scratch/left"), "");
  const job = { id, accelerator: "cat", phase: "process", parameters: {}, createdAt: 1, ...journal };
  writeFileSync(
    join(dir, "job.json"),
    JSON.stringify(defined({ job, leader: "leader" in journal ? journal.leader : undefined })),
  );
  return dir;
};
const sleeper = (env: NodeJS.ProcessEnv): ProcessMark => {
  const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore", env });
  onTestFinished(() => void child.kill("SIGKILL"));
  return markOf(child.pid ?? 0) ?? { pid: 0, ticks: "" };
};
const fault = async (call: Promise<unknown>): Promise<string> => {
  const error = await call.catch((thrown: unknown) => thrown);
  if (!(error instanceof Fault)) throw error;
  return `${error.message}\n  ${error.hint}`.replaceAll(base, "BASE").replaceAll(String(process.pid), "PID");
};

describe("after a crash", () => {
  test("a job that was running has failed, and is not run", async () => {
    const dir = plant({ state: "running", progress: 0.5 });
    const engine = await start();
    expect(engine.get(ID)).toMatchObject({
      state: "failed",
      failure: {
        reason: "interrupted",
        detail: "the agent stopped before the job had ended; it is not run again",
      },
    });
    expect(engine.busy()).toBe(0);
    expect(readdirSync(dir)).toEqual(["job.json"]);
    expect(engine.log).toMatchObject([{ event: "jobs-recovered", interrupted: 1, removed: 0 }]);
  });

  test("its processes are ended: the group, and what carries its mark elsewhere", async () => {
    const leader = sleeper({});
    const marked = sleeper({ SALLYPORT_JOB_ID: ID });
    const other = sleeper({ SALLYPORT_JOB_ID: "f".repeat(32) });
    plant({ state: "running", leader });
    await start();
    expect([leader, marked, other].map(isAlive)).toEqual([false, false, true]);
  });

  test("a process that got the number since is let alone", async () => {
    const stranger = sleeper({});
    plant({ state: "running", leader: { pid: stranger.pid, ticks: "1" } });
    await start();
    expect(isAlive(stranger)).toBe(true);
  });

  test("what has no journal is removed, and only what can be ours", async () => {
    for (const name of ["input", "job.json.new", ".job.json.0123456789ab.tmp"]) {
      mkdirSync(join(base, "jobs", ID), { recursive: true });
      writeFileSync(join(base, "jobs", ID, name), "{");
    }
    const half = jobIds()();
    mkdirSync(join(base, "jobs", half));
    writeFileSync(join(base, "jobs", half, "job.json"), '{"job":{"id":"');
    mkdirSync(join(base, "jobs/notes"));
    const engine = await start();
    expect(engine.list()).toEqual([]);
    expect(readdirSync(join(base, "jobs")).sort()).toEqual([".lock", "notes"]);
  });

  test("a job that was done is as it was, with its output", async () => {
    const first = await start();
    const job = await first.run({ output: { kind: "private" } }, "kept");
    await first.stop();
    const second = await start();
    expect(second.get(job.id)).toEqual(job);
    const output = await second.openOutput(job.id);
    expect(readFileSync(output?.fd ?? -1, "utf8")).toBe("kept");
    expect((await second.submitOne({})).id > job.id).toBe(true);
    expect(await second.cancel(job.id)).toEqual(job);
    expect(await second.remove(job.id)).toBe(true);
  });
});

describe("T-26: jobs that were queued", () => {
  const LOG = { filter: sh('echo "$SALLYPORT_JOB_ID" >>../../../log; cat') };
  const accelerators = { slow: { filter: sh("exec sleep 600") }, log: LOG };
  const ran = () => readFileSync(join(base, "log"), "utf8").trim().split("\n");

  test("run after a restart, in the order of their submission, with their inputs", async () => {
    const first = await start({ accelerators, paused: true });
    // The id is as old as the upload of the input; the place in the queue is not.
    const late = await first.draft();
    writeFileSync(late.inputFile, "late");
    const jobs = [await first.submitOne({ accelerator: "log", output: { kind: "private" } }, "first")];
    await vi.waitUntil(() => Date.now() > (jobs[0]?.createdAt ?? 0));
    jobs.push(await first.submit({ ...NEW, accelerator: "log", input: { kind: "private" } }, late));
    await first.stop();
    for (const { id } of jobs) expect(first.get(id)).toMatchObject({ state: "queued" });

    const second = await start({ accelerators });
    expect(second.log).toMatchObject([{ event: "jobs-queued", queued: 2 }]);
    for (const { id } of jobs) expect(await ended(second, id)).toMatchObject({ state: "done" });
    expect(ran()).toEqual(jobs.map(({ id }) => id));
    expect(readFileSync(join(base, "jobs", jobs[0]?.id ?? "", "output"), "utf8")).toBe("first");
  });

  test("do so after a kill too, and what a run left before it began is removed", async () => {
    const dir = plant({ state: "queued", accelerator: "log", input: { kind: "private" }, output: { kind: "private" } });
    writeFileSync(join(dir, "input"), "content");
    writeFileSync(join(dir, "output"), "of the run that never began");
    const engine = await start({ accelerators, paused: true });
    expect(engine.busy()).toBe(1);
    expect(engine.files(ID)).toEqual(["input", "job.json"]);
    engine.resume();
    expect(await ended(engine, ID)).toMatchObject({ state: "done", outputBytes: 7 });
  });

  test("are those behind a running one, which alone is interrupted", async () => {
    const first = await start({ accelerators });
    const running = await first.submitOne({ accelerator: "slow" });
    const waiting = await first.submitOne({ accelerator: "slow" });
    await until(first, running.id, ({ state }) => state === "running");
    await first.stop();
    expect(first.get(running.id)).toMatchObject({ state: "failed", failure: { reason: "interrupted" } });
    const second = await start({ accelerators: { slow: LOG } });
    expect(await ended(second, waiting.id)).toMatchObject({ state: "done" });
    expect(ran()).toEqual([waiting.id]);
  });

  test("are those too whose turn had come, but whose program had not begun", async () => {
    const first = await start({ accelerators, paused: true });
    const heard: string[] = [];
    const jobs = await Promise.all(["log", "slow"].map((accelerator) => first.submitOne({ accelerator }, "x")));
    for (const { id } of jobs) first.follow(id, ({ state }) => heard.push(state));
    first.resume();
    expect(first.accelerators().map(({ running }) => running)).toEqual([1, 1]);
    await first.stop();
    expect(heard).toEqual([]);
    for (const { id } of jobs) {
      expect(first.get(id)).toMatchObject({ state: "queued" });
      expect(first.files(id)).toEqual(["input", "job.json"]);
    }
    const second = await start({ accelerators: { slow: LOG, log: LOG } });
    for (const { id } of jobs) expect(await ended(second, id)).toMatchObject({ state: "done" });
    expect(ran().sort()).toEqual(jobs.map(({ id }) => id).sort());
  });

  test.each([
    [
      "the accelerator is gone",
      { accelerator: "gone" },
      { reason: "not-startable", detail: 'the host has no accelerator "gone" any more' },
    ],
    [
      "the directory of the output is gone",
      { output: { kind: "host", directory: "gone", names: ["out"] } },
      { reason: "output", detail: 'there is no authorized directory "gone" on this host' },
    ],
    [
      "the directory of the output may no longer be written",
      { output: { kind: "host", directory: "data", names: ["out"] } },
      { reason: "output", detail: 'the directory "data" is read-only' },
    ],
    [
      "the input is gone",
      { input: { kind: "host", directory: "data", names: ["gone"] } },
      { reason: "input", detail: "there is nothing at this path" },
    ],
  ])("fail before they run, with the reason: %s", async (_, journal, failure) => {
    plant({ state: "queued", accelerator: "log", ...journal });
    const engine = await start({ accelerators });
    expect(await ended(engine, ID)).toMatchObject({ state: "failed", failure });
    expect(engine.get(ID)).not.toHaveProperty("startedAt");
    expect(engine.files(ID)).toEqual(["job.json"]);
    expect(readdirSync(base)).not.toContain("log");
  });

  test("cannot be cancelled by an agent that stops, and can by the next", async () => {
    const first = await start({ accelerators, paused: true });
    const { id } = await first.submitOne({ accelerator: "log" });
    await first.stop();
    await expect(first.cancel(id)).rejects.toMatchObject({ status: 503, code: "stopping" });
    await expect(first.remove(id)).rejects.toMatchObject({ status: 503 });
    const second = await start({ accelerators, paused: true });
    expect(await second.cancel(id)).toMatchObject({ state: "cancelled" });
    await second.stop();
    const third = await start({ accelerators });
    expect(third.get(id)).toMatchObject({ state: "cancelled" });
    expect(third.busy()).toBe(0);
  });
});

describe("jobs_dir", () => {
  test("belongs to one agent at a time; the lock of one that is gone is taken over", async () => {
    const first = await start();
    expect(await fault(start())).toBe(
      'jobs_dir "BASE/jobs" is in use by process PID\n  stop the other agent, or give this one a jobs_dir of its own',
    );
    await first.stop();
    symlinkSync("999999999-1", join(base, "jobs/.lock"));
    await start();
  });

  test("shares nothing with the authorized directories", async () => {
    for (const [shared, jobs] of [
      ["shared/jobs", "shared"],
      ["shared", "shared"],
    ] as const) {
      rmSync(join(base, "jobs"), { recursive: true, force: true });
      mkdirSync(join(base, shared), { recursive: true });
      symlinkSync(join(base, shared), join(base, "jobs"));
      expect(await fault(start())).toBe(
        `jobs_dir "BASE/jobs" and the authorized directory "${jobs}" lie in one another\n` +
          "  clients must not reach the files of jobs: move one of them",
      );
    }
  });

  test("that is a file is said to be", async () => {
    writeFileSync(join(base, "jobs"), "");
    expect(await fault(start())).toBe(
      'jobs_dir "BASE/jobs" cannot be used (EEXIST)\n  name a directory that the agent\'s user may make and write',
    );
  });
});

describe("ended jobs", () => {
  test("are forgotten when they are old", async () => {
    plant({ state: "done", endedAt: Date.now() - 3_601_000 });
    const young = jobIds(ID)();
    plant({ state: "done", endedAt: Date.now() - 3_000_000 }, young);
    const engine = await start();
    expect(engine.list().map(({ id }) => id)).toEqual([young]);
    expect(readdirSync(join(base, "jobs")).sort()).toEqual([".lock", young]);
  });

  test("the oldest end first, where there are too many or they are too large", () => {
    const many = new EndedJobs(1_000);
    for (let index = 0; index < MAX_ENDED + 2; index++) many.add(`job-${index}`, 10, 1);
    expect(many.due(20)).toEqual(["job-0", "job-1"]);
    const large = new EndedJobs(1_000);
    for (const id of ["a", "b", "c"]) large.add(id, 10, MAX_ENDED_BYTES / 2);
    expect(large.due(20)).toEqual(["a"]);
    large.delete("a");
    expect(large.due(20)).toEqual([]);
    expect(large.due(1_010)).toEqual(["b", "c"]);
  });

  test("ids sort by creation, also within a millisecond and after the clock was set back", () => {
    const next = jobIds("ffffffff0000000f0123456789abcdef");
    const ids = Array.from({ length: 70_000 }, next);
    expect([...ids].sort()).toEqual(ids);
    expect(ids.every(isJobId)).toBe(true);
    expect(ids[0]?.startsWith("ffffffff00000010")).toBe(true);
  });
});
