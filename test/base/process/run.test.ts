import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { quote } from "../../../base/fault.js";
import { RunFault, run, runOk } from "../../../base/process/run.js";
import { findProgram } from "../../../base/tools.js";

const node = (script: string) => ["-e", script];

describe("run", () => {
  test("gives status and output, whatever the status is", async () => {
    const script = "console.log('out'); console.error('err'); process.exit(3)";
    expect(await run(process.execPath, node(script))).toEqual({ exitCode: 3, stdout: "out", stderr: "err" });
  });

  test("passes arguments as they are: no shell reads them", async () => {
    const words = ["$(id)", "a b", "`x`", "';'", ""];
    const { stdout } = await run(process.execPath, [
      "-e",
      "console.log(JSON.stringify(process.argv.slice(1)))",
      "--",
      ...words,
    ]);
    expect(JSON.parse(stdout)).toEqual(words);
  });

  test("hands over lines as they come, and the whole at the end", async () => {
    const lines: string[] = [];
    const { stdout } = await run(process.execPath, node("console.log('a'); console.log('b')"), {
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(["a", "b"]);
    expect(stdout).toBe("a\nb");
  });

  test("shows only what is given where the environment is not inherited", async () => {
    const { stdout } = await run(process.execPath, node("console.log(Object.keys(process.env).join())"), {
      env: { ONLY: "this" },
      inheritEnv: false,
    });
    expect(stdout).toBe("ONLY");
  });

  test("says which program is not there", async () => {
    await expect(run("no-such-program", [])).rejects.toMatchObject({
      code: "run/missing",
      message: 'there is no program "no-such-program" on PATH',
    });
  });

  test("ends a program that takes too long", async () => {
    await expect(run("sleep", ["60"], { timeoutMs: 50 })).rejects.toMatchObject({
      code: "run/timeout",
      message: '"sleep 60" did not end within 50 ms',
    });
  });

  test("kills a program that ignores the stop signal", async () => {
    const running = run("sh", ["-c", "trap '' TERM; while :; do sleep 0.1; done"], { timeoutMs: 100, graceMs: 100 });
    const failure = await running.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RunFault);
    expect(failure).toMatchObject({ timedOut: true, result: { exitCode: 128, signal: "SIGKILL" } });
  });

  test("G-01: does not wait for a child of the program that keeps the pipes open", async () => {
    const started = performance.now();
    const script = "sleep 600 & echo $!; exec sleep 600";
    const failure = await run("sh", ["-c", script], { timeoutMs: 500 }).catch((error: unknown) => error as RunFault);
    expect(failure).toMatchObject({ code: "run/timeout", timedOut: true });
    process.kill(Number((failure as RunFault).result.stdout), "SIGKILL");
    expect(performance.now() - started).toBeLessThan(60_000);
  });

  test("tells the signal that ended the program", async () => {
    expect(await run("sh", ["-c", "kill -USR1 $$"])).toMatchObject({ exitCode: 128, signal: "SIGUSR1" });
  });

  test("ends a program with the signal that it wants", async () => {
    const script = "trap 'echo interrupted; exit 7' INT; while :; do sleep 0.05; done";
    const failure = await run("sh", ["-c", script], { timeoutMs: 300, stopSignal: "SIGINT" }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: "run/timeout", result: { exitCode: 7, stdout: "interrupted" } });
  });

  test("ends a program when it is called off", async () => {
    const controller = new AbortController();
    const running = run("sleep", ["60"], { signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: "run/aborted", message: '"sleep 60" was ended' });
  });
});

test("runOk turns a failure into one line and the last words of the program", async () => {
  await expect(
    runOk(process.execPath, node("console.error('no such bucket'); process.exit(1)"), { shownAs: "tool check" }),
  ).rejects.toMatchObject({
    code: "run/failed",
    message: '"tool check" ended with status 1',
    hint: "no such bucket",
  });
});

test("findProgram takes the first executable file on PATH, and no directory or plain file", async () => {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-path-"));
  try {
    await mkdir(join(dir, "a/tool"), { recursive: true });
    for (const name of ["b", "c", "d"]) {
      await mkdir(join(dir, name));
      await writeFile(join(dir, name, "tool"), "#!/bin/sh\n");
    }
    for (const name of ["c", "d"]) await chmod(join(dir, name, "tool"), 0o755);
    const PATH = ["a", "b", "c", "d"].map((name) => join(dir, name)).join(":");
    expect(findProgram("tool", { PATH })).toBe(join(dir, "c/tool"));
    expect(findProgram("tool", { PATH: dir })).toBeUndefined();
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test("quote escapes control characters and cuts what is long", () => {
  expect(quote("a\u001b[2Jb")).toBe('"a\\u001b[2Jb"');
  expect(quote("x".repeat(500))).toHaveLength(122);
  expect(quote(undefined)).toBe('"undefined"');
});
