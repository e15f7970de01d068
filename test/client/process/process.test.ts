/** `sallyport process` and `jobs` against real agents that run real programs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type JobAgent, startJobAgent } from "../../agent/support/job-agent.js";
import { cliCommand, sallyport } from "../../support/cli.js";
import { runInProcess } from "../../support/run-cli.js";

let a: JobAgent;
let b: JobAgent;
let cwd: string;
let count = 0;
beforeAll(async () => {
  [a, b] = await Promise.all([startJobAgent(), startJobAgent()]);
});
afterAll(async () => {
  await Promise.all([a.stop(), b.stop()]);
});

const at = (agent: JobAgent) => `127.0.0.1:${agent.port}`;
const flags = (agent: JobAgent) => ["--cert", join(agent.base, "cert"), "--token-file", join(agent.base, "token")];

/** In a directory of its own. */
function dir(files: Readonly<Record<string, string>> = {}): string {
  cwd = join(a.base, `work-${count++}`);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(cwd, name, ".."), { recursive: true });
    writeFileSync(join(cwd, name), content);
  }
  mkdirSync(cwd, { recursive: true });
  return cwd;
}

const cli = (...args: string[]) => runInProcess(args, { cwd, env: { HOME: cwd } });
const process_ = (agent: JobAgent, ...args: string[]) => cli("process", at(agent), ...args, ...flags(agent));
const jobsOn = async (agent: JobAgent) => (await agent.json("/v1/jobs")).body.jobs as Array<Record<string, unknown>>;
const read = (name: string) => readFileSync(join(cwd, name), "utf8");

describe("one input", () => {
  test("goes there and comes back, and nothing of it stays on the host", async () => {
    dir({ "in.txt": "hello" });
    const { code, stdout, stderr } = await process_(a, "--src", "in.txt", "--dst", "sub/out.txt");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/sub\/out\.txt {2}5 bytes {2}SHA-256 [0-9a-f]{64}\n?$/);
    expect(read("sub/out.txt")).toBe("HELLO");
    expect(await jobsOn(a)).toEqual([]);
  });

  test("keeps its name in a directory", async () => {
    dir({ "in.txt": "hello", "out/.keep": "" });
    expect((await process_(a, "--src", "in.txt", "--dst", "out")).code).toBe(0);
    expect(read("out/in.txt")).toBe("HELLO");
  });

  test("may lie on the host and stay there", async () => {
    dir();
    writeFileSync(join(a.shared, "on host.txt"), "abc");
    const args = ["--src", "HOST://shared/on host.txt", "--dst", "host://shared/new/out.txt", "--json"];
    const { code, stdout } = await process_(a, ...args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ dst: "host://shared/new/out.txt", job: { state: "done" } });
    expect(readFileSync(join(a.shared, "new/out.txt"), "utf8")).toBe("ABC");
  });

  test("may be a stream, both ways", async () => {
    dir();
    const args = ["process", at(a), "--src", "-", "--dst", "-", ...flags(a)];
    const { code, stdout } = await sallyport(args, { cwd, env: { HOME: cwd }, input: "from a pipe" });
    expect([code, stdout]).toEqual([0, "FROM A PIPE"]);
  });

  test("gives the accelerator its parameters, from the line or from a file", async () => {
    dir({ "in.txt": "x", "p.json": '{"level": 9}' });
    for (const parameters of ['{"level": 9}', "@p.json"]) {
      const { stdout } = await process_(a, "--src", "in.txt", "--dst", "out", "--parameters", parameters, "--json");
      expect(JSON.parse(stdout).job.parameters).toEqual({ level: 9 });
    }
  });

  test("that fails is exit 1 with the end of stderr, and no output", async () => {
    dir({ "in.txt": "x", out: "old" });
    const { code, stdout, stderr } = await process_(a, "--src", "in.txt", "--dst", "out", "--accelerator", "fail");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^error: job [0-9a-f]{32} on "127\.0\.0\.1:\d+" failed: the program ended with status 3\n {2}it went wrong\n$/,
    );
    expect(readdirSync(cwd).sort()).toEqual(["in.txt", "out"]);
    expect(read("out")).toBe("old");
    // Its account stays on the host, for whoever looks into it.
    const [job] = await jobsOn(a);
    expect(job?.state).toBe("failed");
    await a.ask(`/v1/jobs/${job?.id}`, { method: "DELETE" });
  });

  test("that takes longer than --timeout is ended on the host too", async () => {
    dir({ "in.txt": "x" });
    const args = ["--src", "in.txt", "--dst", "out", "--accelerator", "slow", "--timeout", "1s"];
    const { code, stderr } = await process_(b, ...args);
    expect([code, stderr]).toEqual([
      1,
      `error: "${at(b)}" was not done within 1s\n  the job was cancelled and removed; give it more time with --timeout\n`,
    ]);
    expect(await jobsOn(b)).toEqual([]);
    expect(readdirSync(cwd)).toEqual(["in.txt"]);
  });

  test("that is interrupted ends on the host too, and nothing is left on either side", async () => {
    dir({ "in.txt": "x" });
    const [program, args] = cliCommand(["process", at(b), "--src", "in.txt", "--dst", "out", "--accelerator", "slow"]);
    const child = spawn(program, [...args, ...flags(b)], { cwd, env: { PATH: process.env.PATH, HOME: cwd } });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const closed = once(child, "close");
    const isRunning = async () => (await jobsOn(b)).some(({ state }) => state === "running");
    while (!(await isRunning())) await new Promise((resolve) => setImmediate(resolve));
    child.kill("SIGINT");
    expect(await closed).toEqual([130, null]);
    expect(stderr).toBe("stopping; press Ctrl-C again to end at once\nerror: ended before it was done\n");
    expect(await jobsOn(b)).toEqual([]);
    expect(readdirSync(cwd)).toEqual(["in.txt"]);
  });

  test("--detach prints the job, whose output is fetched later", async () => {
    dir({ "in.txt": "later" });
    const { code, stdout } = await process_(a, "--src", "in.txt", "--detach");
    const id = stdout.trim();
    expect([code, id]).toEqual([0, expect.stringMatching(/^[0-9a-f]{32}$/)]);
    await a.ended(id);
    const fetched = await cli("jobs", at(a), id, "--output", "out.txt", ...flags(a));
    expect([fetched.code, read("out.txt")]).toEqual([0, "LATER"]);
    expect((await cli("jobs", at(a), id, ...flags(a))).stdout).toMatch(/^state +done$/m);
    expect((await cli("jobs", at(a), ...flags(a))).stdout).toContain(id);
    expect((await cli("jobs", at(a), "--remove", id, ...flags(a))).stdout).toBe(`removed ${id}\n`);
    expect((await cli("jobs", at(a), id, ...flags(a))).code).toBe(3);
  });

  test("T-01: --dst that is a device is written into it", async () => {
    dir({ "in.txt": "hello" });
    symlinkSync("/dev/null", join(cwd, "out"));
    const { code, stderr } = await process_(a, "--src", "in.txt", "--dst", "out");
    expect([code, stderr, readlinkSync(join(cwd, "out"))]).toEqual([0, "", "/dev/null"]);
    expect(readdirSync(cwd).sort()).toEqual(["in.txt", "out"]);
  });

  test("T-01: standard output by its name in /proc holds nothing but the output", async () => {
    dir({ "in.txt": "hello" });
    // Not /dev/stdout, since a command that replaced it would harm the machine.
    const args = ["process", at(a), "--src", "in.txt", "--dst", "/proc/self/fd/1", ...flags(a)];
    const { code, stdout } = await sallyport(args, { cwd, env: { HOME: cwd } });
    expect([code, stdout]).toEqual([0, "HELLO"]);
  });

  test("T-01: --dst that is a link to --src is refused", async () => {
    dir({ "in.txt": "hello" });
    symlinkSync("in.txt", join(cwd, "out"));
    const { code, stderr } = await process_(a, "--src", "in.txt", "--dst", "out");
    expect([code, stderr]).toEqual([2, expect.stringContaining("would replace it")]);
    expect(read("in.txt")).toBe("hello");
  });

  test.each<[string, string[], string]>([
    ["no host", ["process", "--src", "x", "--dst", "y"], "no host is named"],
    [
      "two ways to name one",
      ["process", "h", "--hosts", "a,b", "--src", "x", "--dst", "y"],
      "HOST and --hosts contradict",
    ],
    ["no destination", ["process", "h", "--src", "x"], "--dst is missing"],
    [
      "file:",
      ["process", "127.0.0.1", "--src", "file:///etc/shadow", "--dst", "y"],
      "is neither a file nor a host:// URL",
    ],
    ["..", ["process", "127.0.0.1", "--src", "host://shared/../x", "--dst", "y"], 'has the name ".."'],
    ["parameters", ["process", "127.0.0.1", "--src", "x", "--dst", "y", "--parameters", "[]"], "no JSON object"],
    ["a detached file", ["process", "127.0.0.1", "--src", "x", "--dst", "y", "--detach"], "--detach does not wait"],
    ["itself", ["process", "127.0.0.1", "--src", "in.txt", "--dst", "in.txt"], "would replace it"],
    ["a time", ["process", "h", "--src", "x", "--dst", "y", "--timeout", "soon"], "is not a time span"],
  ])("%s is wrong usage, told before anything is asked of a host", async (_, args, text) => {
    dir({ "in.txt": "x" });
    const { code, stderr } = await cli(...args, ...(args.includes("127.0.0.1") ? flags(a) : []));
    expect(stderr).toContain(text);
    expect(code).toBe(2);
  });
});

test("--cancel ends a job", async () => {
  dir();
  const id = await b.submit("slow");
  const { code, stdout } = await cli("jobs", at(b), "--cancel", id, ...flags(b));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^state +cancelled$/m);
  await b.ask(`/v1/jobs/${id}`, { method: "DELETE" });
});

test("accelerators lists them", async () => {
  dir();
  const { stdout } = await cli("accelerators", at(a), ...flags(a));
  expect(stdout).toMatch(/^upper \(default\) +filter +0 of 1 running +0 waiting$/m);
});

describe("many inputs", () => {
  // Both agents of these tests show the same certificate and take the same token.
  const many = (...args: string[]) => cli("process", "--hosts", `${at(a)},${at(b)}`, ...args, ...flags(a));

  test("are shared by the hosts; patterns, directories and names", async () => {
    dir({ "in/1.txt": "one", "in/2.txt": "two", "in/deep/3.txt": "three", "in/no.bin": "x", "more.txt": "more" });
    const { code, stdout } = await many("--src", "in/*.txt", "in/deep", "more.txt", "--dst", "out", "--json");
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ done: 4, failed: 0 });
    expect(new Set(summary.inputs.map(({ tries }: { tries: number }) => tries))).toEqual(new Set([1]));
    expect(readdirSync(join(cwd, "out")).sort()).toEqual(["1.txt", "2.txt", "3.txt", "more.txt"]);
    expect([read("out/1.txt"), read("out/3.txt"), read("out/more.txt")]).toEqual(["ONE", "THREE", "MORE"]);
    expect([await jobsOn(a), await jobsOn(b)]).toEqual([[], []]);
  });

  test("T-05: links to files in a directory are inputs, and what is none is said to be left out", async () => {
    dir({ "in/1": "one", elsewhere: "two" });
    for (const [name, to] of Object.entries({ "2": "../elsewhere", none: "nowhere" }))
      symlinkSync(to, join(cwd, "in", name));
    const { code, stderr } = await many("--src", "in", "--dst", "out");
    expect([code, read("out/1"), read("out/2")]).toEqual([0, "ONE", "TWO"]);
    expect(stderr).toMatch(/^warning: 1 entry is left out: "in\/none" \(a link that leads nowhere\)$/m);
  });

  test("T-01: links among the outputs are followed before anything is replaced", async () => {
    dir({ "in/1": "one", "in/2": "two", "out/.keep": "", "dup/file": "" });
    symlinkSync("../in/1", join(cwd, "out/1"));
    for (const name of ["1", "2"]) symlinkSync("file", join(cwd, "dup", name));
    const input = await many("--src", "in", "--dst", "out");
    expect([input.code, input.stderr]).toEqual([2, expect.stringContaining("would replace it")]);
    const twice = await many("--src", "in", "--dst", "dup");
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining("would both become")]);
    expect(read("in/1")).toBe("one");
  });

  test("a host that others keep busy gets none while another is free", async () => {
    dir({ "in/1": "one" });
    const ids = [await a.submit("once", "busy"), await a.submit("once", "busy")];
    const { stdout } = await many("--src", "in", "--dst", "out", "--accelerator", "once", "--json");
    expect(JSON.parse(stdout).inputs).toMatchObject([{ host: at(b), tries: 1, state: "done" }]);
    for (const id of ids) await a.ask(`/v1/jobs/${id}`, { method: "DELETE" });
  });

  test("those that fail on both are told in the table, with exit 1; the others are done", async () => {
    dir({ "in/1": "one" });
    const { code, stdout } = await many("--src", "in", "--dst", "out", "--accelerator", "fail");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^1 +127\.0\.0\.1:\d+ +failed +2 tries +job [0-9a-f]{32} on/m);
    expect(stdout).toMatch(/^0 of 1 done, by 0 hosts$/m);
    expect(existsSync(join(cwd, "out/1"))).toBe(false);
  });

  test("a host that does not answer gets nothing, with a warning", async () => {
    dir({ "in/1": "one", "in/2": "two" });
    const hosts = `127.0.0.1:1,${at(b)}`;
    const { code, stdout, stderr } = await cli("process", "--hosts", hosts, "--src", "in", "--dst", "out", ...flags(a));
    expect([code, stdout]).toEqual([0, expect.stringContaining("2 of 2 done, by 1 host")]);
    expect(stderr).toMatch(/^warning: 127\.0\.0\.1.* gets nothing more: .*refused the connection$/m);
  });

  test("no host at all is the fault of the first", async () => {
    dir({ "in/1": "one" });
    const { code, stderr } = await cli("process", "--hosts", "127.0.0.1:1", "--src", "in", "--dst", "out", ...flags(a));
    expect(code).toBe(1);
    expect(stderr).toContain("refused the connection");
  });

  test.each<[string, string[], number, string]>([
    ["no file", ["--src", "in/*.none", "--dst", "out"], 3, '--src "in/*.none" matches no file'],
    ["a host URL", ["--src", "in/1", "host://shared/x", "--dst", "out"], 2, "is not a local file"],
    ["their own directory", ["--src", "in", "--dst", "in"], 2, "would replace it"],
    ["twice the same name", ["--src", "in/1", "other/1", "--dst", "out"], 2, "would both become"],
    ["--detach", ["--src", "in", "--detach"], 2, "--detach is for one input"],
  ])("%s is refused", async (_, args, status, text) => {
    dir({ "in/1": "one", "other/1": "other" });
    const { code, stderr } = await many(...args);
    expect(stderr).toContain(text);
    expect(code).toBe(status);
  });
});
