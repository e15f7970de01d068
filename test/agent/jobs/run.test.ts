/** One run: what the program meets, how it ends, and what is left of its processes. */
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { processesOf } from "../../../agent/jobs/processes.js";
import type { FileRef } from "../../../agent/jobs/types.js";
import { isAlive, markOf } from "../../../base/process/alive.js";
import { Problem } from "../../../http/problem.js";
import {
  ended,
  failureOf,
  hasProgress,
  sh,
  startTestEngine,
  type TestEngine,
  type TestEngineOptions,
  until,
} from "./support/test-engine.js";

let engine: TestEngine;
afterEach(() => engine.stop());
const filter = async (script: string, more: object = {}, options: Partial<TestEngineOptions> = {}) => {
  engine = await startTestEngine({ accelerators: { one: { filter: sh(script), ...more } }, ...options });
};
const command = async (words: readonly string[], options: Partial<TestEngineOptions> = {}) => {
  engine = await startTestEngine({ accelerators: { one: { command: words } }, ...options });
};
const host = (directory: string, ...names: string[]): FileRef => ({ kind: "host", directory, names });

describe("the end of a program", () => {
  test.each([
    ["exit 0", { state: "done", exitStatus: 0 }],
    [
      "exit 3",
      { state: "failed", exitStatus: 3, failure: { reason: "exit", detail: "the program ended with status 3" } },
    ],
    ["exit 127", { state: "failed", exitStatus: 127, failure: { reason: "exit" } }],
    ["kill -SEGV $$", { state: "failed", failure: { reason: "signal", detail: "the program was ended by SIGSEGV" } }],
  ])("%s", async (script, expected) => {
    await filter(script);
    expect(await engine.run({})).toMatchObject(expected);
  });

  test("that is not there says so at start, and again for each job", async () => {
    await command(["/no/such/program"]);
    expect(await engine.run({})).toMatchObject({
      state: "failed",
      failure: { reason: "not-startable", detail: 'there is no program "/no/such/program"' },
    });
    expect(engine.log).toMatchObject([{ event: "not-startable", accelerator: "one" }]);
  });

  test("that the kernel refuses says why", async () => {
    const base = mkdtempSync(join(tmpdir(), "sallyport-jobs-"));
    const script = join(base, "script");
    writeFileSync(script, "#!/no/such/interpreter\n", { mode: 0o755 });
    await command([script], { base });
    const failure = failureOf(await engine.run({}));
    expect(failure?.reason).toBe("not-startable");
    expect(failure?.detail).toContain(script);
  });

  test("stderr: the last 8 KiB are kept, whole characters only", async () => {
    await filter('i=0; while [ $i -lt 3000 ]; do echo "Zeile äöü $i" >&2; i=$((i+1)); done; echo last >&2; exit 1');
    const { stderrTail = "" } = await engine.run({});
    expect(Buffer.byteLength(stderrTail)).toBeLessThanOrEqual(8192);
    expect(Buffer.byteLength(stderrTail)).toBeGreaterThan(8150);
    expect(stderrTail.endsWith("Zeile äöü 2999\nlast\n")).toBe(true);
    expect(stderrTail).not.toContain("\uFFFD");
  });
});

describe("the result document", () => {
  const writing = (text: string) => sh(`printf '%s' '${text}' > "$(for last; do :; done; echo "$last")"`);

  test.each([
    ["", { state: "done", result: {} }],
    ['{"app":{"status":0,"msg":"","specific":{"n":1}}}', { state: "done", result: { app: { specific: { n: 1 } } } }],
    [
      '{"app":{"status":7,"msg":"no such kernel"}}',
      { state: "failed", failure: { reason: "app", detail: "no such kernel" }, result: { app: { status: 7 } } },
    ],
    [
      "[1]",
      { state: "failed", failure: { reason: "output", detail: "the result document (-p) holds no JSON object" } },
    ],
    ["{", { state: "failed", failure: { reason: "output", detail: "the result document (-p) is not JSON" } }],
  ])("A-78: %s", async (text, expected) => {
    await command(writing(text));
    expect(await engine.run({})).toMatchObject(expected);
  });

  test("is neither read through a link nor waited for in a FIFO, and has a limit", async () => {
    const last = '"$(for last; do :; done; echo "$last")"';
    for (const make of [`ln -s /etc/passwd ${last}`, `mkfifo ${last}`, `head -c 1100000 /dev/zero > ${last}`]) {
      await command(sh(make));
      expect(await engine.run({})).toMatchObject({ state: "failed", failure: { reason: "output" } });
      await engine.stop();
    }
    await command(["true"]);
  });
});

describe("what a program sees", () => {
  test("an environment without anything of the agent's, a directory of its own, and no input", async () => {
    await filter(
      "env; pwd; id -u >/dev/null; cat; ls -A",
      {},
      {
        env: { TOKEN: "secret", CREDENTIALS_DIRECTORY: "/run/credentials", AWS_SECRET_ACCESS_KEY: "x", LANG: "C" },
      },
    );
    const job = await engine.run({ output: { kind: "private" } });
    const lines = readFileSync(join(engine.jobsDir, job.id, "output"), "utf8")
      .trim()
      .split("\n");
    const work = join(engine.jobsDir, job.id, "scratch");
    const names = lines.filter((line) => line.includes("=")).map((line) => line.split("=", 1)[0]);
    // A shell adds the last ones itself.
    expect(names.filter((name) => !["PWD", "OLDPWD", "SHLVL", "_"].includes(name ?? "")).sort()).toEqual([
      ...["HOME", "LANG", "PATH", "SALLYPORT_JOB_ID", "TMPDIR"],
    ]);
    expect(lines).toContain(`HOME=${work}`);
    expect(lines).toContain(`TMPDIR=${work}`);
    expect(lines.filter((line) => !line.includes("="))).toEqual([work, "parameters.json"]);
    expect(statSync(join(engine.jobsDir, job.id)).mode & 0o777).toBe(0o700);
  });

  test("no descriptor of the agent's", async () => {
    await filter("ls /proc/$$/fd");
    const job = await engine.run({ output: { kind: "private" } });
    const inherited = execFileSync("/bin/sh", ["-c", "ls /proc/$$/fd"], { encoding: "utf8" });
    expect(readFileSync(join(engine.jobsDir, job.id, "output"), "utf8")).toBe(inherited);
  });

  test("an input that the guard opened, by a name that its children can open too", async () => {
    // As Python does, the child closes what it does not know.
    await command(sh('sh -c \'exec 3<&-; cat "$1"\' sh "$4" >&2'));
    writeFileSync(join(engine.data, "in"), "from the host");
    const job = await engine.run({ input: host("data", "in") });
    expect(job).toMatchObject({ state: "done", stderrTail: "from the host", inputBytes: 13 });
  });

  test("a command's input stays what it was when the name is given to something else", async () => {
    await command(sh('while ! [ -e "$HOME/../../../go" ]; do sleep 0.02; done; cat "$4" >&2'));
    writeFileSync(join(engine.shared, "in"), "the file that was asked for");
    writeFileSync(join(engine.base, "canary"), "CANARY");
    const job = await engine.submitOne({ input: host("shared", "in") });
    await until(engine, job.id, ({ state }) => state === "running");
    execFileSync("ln", ["-sfn", join(engine.base, "canary"), join(engine.shared, "in")]);
    writeFileSync(join(engine.base, "go"), "");
    expect((await ended(engine, job.id)).stderrTail).toBe("the file that was asked for");
  });
});

describe("files in authorized directories", () => {
  const refused = async (request: Parameters<TestEngine["submitOne"]>[0]): Promise<string> => {
    const error = await engine.submitOne(request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Problem);
    return `${(error as Problem).status} ${(error as Problem).code}`;
  };

  test("go through the fence", async () => {
    await filter("cat");
    mkdirSync(join(engine.shared, "dir"));
    symlinkSync("/etc/passwd", join(engine.shared, "link"));
    symlinkSync("/etc", join(engine.shared, "etc"));
    for (const [ref, answer] of [
      [host("shared", "link"), "404 not-found"],
      [host("shared", "etc", "passwd"), "404 not-found"],
      [host("shared", "..", "canary"), "404 not-found"],
      [host("shared", "../canary"), "404 not-found"],
      [host("shared", "none"), "404 not-found"],
      [host("nowhere", "x"), "404 no-directory"],
      [host("shared", "dir"), "400 file-needed"],
      [host("shared", ".sallyport-upload-x"), "400 bad-path"],
    ] as const) {
      expect(await refused({ input: ref }), JSON.stringify(ref)).toBe(answer);
    }
    expect(await refused({ output: host("data", "out") })).toBe("403 read-only");
    expect(await refused({ output: host("shared", "..", "out") })).toBe("404 not-found");
    expect(await refused({ output: host("shared") })).toBe("400 file-needed");
    for (const names of [["link"], ["etc", "out"], ["dir"]]) {
      const job = await engine.run({ output: host("shared", ...names) });
      expect(job).toMatchObject({ state: "failed", failure: { reason: "output" } });
    }
    expect(engine.busy()).toBe(0);
  });

  test("an input that is gone when its turn comes fails the job", async () => {
    await filter('while ! [ -e "$HOME/../../../go" ]; do sleep 0.02; done');
    writeFileSync(join(engine.shared, "in"), "");
    await engine.submitOne({});
    const { id } = await engine.submitOne({ input: host("shared", "in") });
    rmSync(join(engine.shared, "in"));
    writeFileSync(join(engine.base, "go"), "");
    expect(await ended(engine, id)).toMatchObject({ state: "failed", failure: { reason: "input" } });
  });

  test("an output replaces the old file in one step, and only if the program succeeded", async () => {
    await filter("cat");
    writeFileSync(join(engine.shared, "out"), "old");
    expect(await engine.run({ output: host("shared", "out") }, "new")).toMatchObject({ state: "done", outputBytes: 3 });
    expect(readFileSync(join(engine.shared, "out"), "utf8")).toBe("new");
    await engine.stop();
    await filter("cat; exit 1");
    writeFileSync(join(engine.shared, "out"), "old");
    expect(await engine.run({ output: host("shared", "out") }, "new")).toMatchObject({ state: "failed" });
    expect(readFileSync(join(engine.shared, "out"), "utf8")).toBe("old");
    expect(execFileSync("ls", ["-A", engine.shared], { encoding: "utf8" })).toBe("out\n");
  });

  test("a link in the place of an output is not followed", async () => {
    await command(sh('ln -s /etc/passwd "$4"'));
    expect(await engine.run({ output: host("shared", "out") })).toMatchObject({
      state: "failed",
      failure: { reason: "output" },
    });
    const own = await engine.run({ output: { kind: "private" } });
    expect(own).toMatchObject({ state: "failed", failure: { reason: "output" } });
    expect(await engine.openOutput(own.id)).toBeUndefined();
  });

  test("a command that writes no output has failed where a file was asked for, and else has none", async () => {
    await command(["true"]);
    expect(await engine.run({ output: host("shared", "out") })).toMatchObject({
      failure: { reason: "output", detail: "the program wrote no output" },
    });
    const own = await engine.run({ output: { kind: "private" } });
    expect(own.state).toBe("done");
    expect(own).not.toHaveProperty("outputBytes");
    expect(await engine.openOutput(own.id)).toBeUndefined();
  });
});

describe("the end of all processes", () => {
  /** A child in the group, one in a session of its own, and one more without the mark. */
  const family = "sleep 60 & setsid sleep 61 & env -i setsid sleep 62 & sleep 63";

  test.each([
    ["by cancelling", async (id: string) => void (await engine.cancel(id)), { state: "cancelled" }],
    [
      "by the time limit",
      async () => undefined,
      { state: "failed", failure: { reason: "timeout", detail: "the program ran for longer than 1 s" } },
    ],
  ])("%s", async (_, end, expected) => {
    await filter(family, { timeout_seconds: 1 });
    const job = await engine.submitOne({});
    await until(engine, job.id, ({ state }) => state === "running");
    let pids: number[] = [];
    while (pids.length < 5) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      pids = processesOf(job.id, undefined);
    }
    const marks = pids.map((pid) => markOf(pid) ?? { pid, ticks: "" });
    await end(job.id);
    expect(await ended(engine, job.id)).toMatchObject(expected);
    expect(marks.filter(isAlive)).toEqual([]);
    expect(engine.files(job.id)).toEqual(["job.json"]);
  });

  /** Writes a part of its output, and takes SIGTERM for a polite request: its exit status is 0. */
  const polite = "trap 'exit 0' TERM; echo part; echo 'progress: 1%' >&2; while :; do sleep 0.02; done";

  test.each<[string, (id: string) => Promise<unknown>, object, string]>([
    ["a cancelled job", (id) => engine.cancel(id), {}, "cancelled"],
    ["a job that exceeds its time", async () => undefined, { timeout_seconds: 1 }, "failed timeout"],
    ["a job that the agent's end interrupts", () => engine.close(), {}, "failed interrupted"],
  ])("T-25: %s is never done, even if its program exits with 0", async (_, end, more, expected) => {
    for (const output of [{ kind: "private" } as const, host("shared", "out")]) {
      await filter(polite, more);
      const { id } = await engine.submitOne({ output });
      await until(engine, id, hasProgress);
      await end(id);
      const job = await ended(engine, id);
      expect([job.state, failureOf(job)?.reason].filter(Boolean).join(" ")).toBe(expected);
      expect(job).not.toHaveProperty("result");
      expect(await engine.openOutput(id)).toBeUndefined();
      expect(engine.files(id)).toEqual(["job.json"]);
      expect(readdirSync(engine.shared)).toEqual([]);
      await engine.stop();
    }
    await filter("true");
  });

  test("T-25: a command that reports success when it is cut off is not done either", async () => {
    const result = '{"app":{"status":0}}';
    await command(
      sh(`trap 'echo "${result.replaceAll('"', '\\"')}" > "\${10}"; exit 0' TERM; echo part > "$6"
        echo 'progress: 1%' >&2; while :; do sleep 0.02; done`),
    );
    const { id } = await engine.submitOne({ input: { kind: "private" }, output: { kind: "private" } }, "input");
    await until(engine, id, hasProgress);
    expect(await engine.cancel(id)).toMatchObject({ state: "cancelled", exitStatus: 0 });
    expect(await engine.openOutput(id)).toBeUndefined();
  });

  test("SIGKILL comes to those that do not mind SIGTERM", async () => {
    await filter("trap '' TERM; echo ready >&2; sleep 60 & while :; do sleep 1; done", {}, { graceMs: 100 });
    const job = await engine.submitOne({});
    await until(engine, job.id, ({ state }) => state === "running");
    while (processesOf(job.id, undefined).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await engine.cancel(job.id)).toMatchObject({ state: "cancelled" });
    expect(processesOf(job.id, undefined)).toEqual([]);
  });

  test("what a program that is done left running ends with it, and holds nothing up", async () => {
    await filter("setsid sleep 60 & sleep 61 & exit 0");
    const job = await engine.run({});
    expect(job).toMatchObject({ state: "done" });
    expect(processesOf(job.id, undefined)).toEqual([]);
  });

  test("a filter has nothing to start or stop", async () => {
    await filter("exit 9");
    for (const phase of ["start", "stop"] as const) {
      expect(await engine.run({ phase })).toMatchObject({ state: "done", phase });
    }
  });
});
