/** Jobs that are done, and outputs that do not arrive: the work of an accelerator is never thrown away. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Fault } from "../../../base/fault.js";
import { AgentClient } from "../../../client/agent/agent-client.js";
import type { Jobs } from "../../../client/agent/jobs.js";
import { type ProcessEnvironment, processOne } from "../../../client/process/process-one.js";
import { resolveTrust } from "../../../client/tls/trust.js";
import { startTestAgent, type TestAgent, TOKEN } from "../../agent/support/test-agent.js";
import { cliCommand } from "../../support/cli.js";
import { runInProcess } from "../../support/run-cli.js";

let agent: TestAgent;
let host: string;
let cwd: string;
let count = 0;
beforeAll(async () => {
  // Of a job's directory, the third parent is the agent's home.
  const yaml = `accelerators:
  upper: { filter: [tr, a-z, A-Z] }
  gated: { filter: [sh, -c, "while ! [ -e ../../../gate ]; do sleep 0.02; done; exec tr a-z A-Z"] }
`;
  agent = await startTestAgent({ yaml });
  host = `127.0.0.1:${agent.port}`;
});
afterAll(() => agent.stop());
beforeEach(() => {
  cwd = join(agent.base, `work-${count++}`);
  mkdirSync(join(cwd, "in"), { recursive: true });
  writeFileSync(join(cwd, "in.txt"), "hello");
  writeFileSync(join(cwd, "in", "1"), "one");
});

const flags = () => ["--cert", join(agent.base, "cert"), "--token-file", join(agent.base, "token")];
const cli = (...args: string[]) => runInProcess([...args, ...flags()], { cwd, env: { HOME: cwd } });
const gate = () => join(agent.base, "home", "gate");
const jobsOn = async (): Promise<Array<Record<string, string>>> =>
  JSON.parse((await agent.ask("/v1/jobs")).body.toString()).jobs;
const submissions = () => agent.log.filter(({ method }) => method === "POST").length;

/** The only job of the host, which is done; it is removed from the host. */
async function takeDone(): Promise<string> {
  const jobs = await jobsOn();
  expect(jobs.map(({ state }) => state)).toEqual(["done"]);
  return jobs[0]?.id ?? "";
}

/** The output can be had by the command that the error names. */
async function fetchBy(text: string, id: string, content: string): Promise<void> {
  const command = `sallyport jobs ${host} ${id} --output FILE`;
  expect(text).toContain(command);
  const words = command.replace("FILE", "fetched").split(" ").slice(1);
  expect((await cli(...words)).code).toBe(0);
  expect(readFileSync(join(cwd, "fetched"), "utf8")).toBe(content);
  await agent.ask(`/v1/jobs/${id}`, { method: "DELETE" });
}

describe("T-15: the destination is tried before anything is sent", () => {
  test.each([
    ["below a file", "in.txt/out"],
    ["with a name that is too long", "x".repeat(300)],
  ])("%s", async (_, dst) => {
    const before = [readdirSync(cwd), submissions()];
    const { code, stderr } = await cli("process", host, "--src", "in.txt", "--dst", dst);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`error: cannot write "${join(cwd, dst).slice(0, 100)}`),
    ]);
    expect(stderr).toContain("nothing was sent to the host");
    expect([readdirSync(cwd), submissions()]).toEqual(before);
  });

  test("for each of many inputs", async () => {
    mkdirSync(join(cwd, "out", "1"), { recursive: true });
    const before = submissions();
    const { code, stdout } = await cli("process", "--hosts", host, "--src", "in", "--dst", "out");
    expect([code, submissions()]).toEqual([1, before]);
    expect(stdout).toMatch(/^1 +\S+ +failed +cannot write .* is a directory$/m);
  });
});

describe("T-15: a job that is done stays with its output, and the error names the command that fetches it", () => {
  /** Runs `during` when the job runs, and lets it end. */
  async function gated(args: readonly string[], during: () => void) {
    const running = cli("process", ...args, "--accelerator", "gated");
    while ((await jobsOn())[0]?.state !== "running") await setTimeout(5);
    during();
    writeFileSync(gate(), "");
    const result = await running;
    rmSync(gate());
    return result;
  }

  test("where something comes in the way meanwhile", async () => {
    const args = [host, "--src", "in.txt", "--dst", "out"];
    const { code, stderr } = await gated(args, () => mkdirSync(join(cwd, "out")));
    expect([code, stderr]).toEqual([1, expect.stringContaining("is done, and its output stays on the host")]);
    await fetchBy(stderr, await takeDone(), "HELLO");
  });

  test("in the table of many inputs too", async () => {
    const args = ["--hosts", host, "--src", "in", "--dst", "out"];
    const { code, stdout } = await gated(args, () => mkdirSync(join(cwd, "out", "1"), { recursive: true }));
    expect([code, stdout]).toEqual([1, expect.stringContaining("the output for 1 is still on its host")]);
    await fetchBy(stdout, await takeDone(), "ONE");
  });

  test("where stdout leads to a full disk, which refuses even the last bytes", async () => {
    const [program, args] = cliCommand(["process", host, "--src", "in.txt", "--dst", "-", ...flags()]);
    const full = openSync("/dev/full", "w");
    const child = spawn(program, args, {
      cwd,
      env: { PATH: process.env.PATH, HOME: cwd },
      stdio: ["ignore", full, "pipe"],
    });
    closeSync(full);
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    expect(await once(child, "close")).toEqual([1, null]);
    expect(stderr).toContain("ENOSPC");
    await fetchBy(stderr, await takeDone(), "HELLO");
  });

  /** One input, by a client whose jobs behave differently. */
  async function processWith(change: (jobs: Jobs) => Partial<Jobs>, more: Partial<ProcessEnvironment> = {}) {
    const connect = async () =>
      new AgentClient({
        host: "127.0.0.1",
        port: agent.port,
        trust: (await resolveTrust({ ssl_cert_crt: join(agent.base, "cert") })).trust,
        token: TOKEN,
      });
    const client = await connect();
    const changed: Partial<Jobs> = change(client.jobs);
    const jobs = new Proxy(client.jobs, {
      get: (real, name: keyof Jobs) => changed[name] ?? real[name].bind(real),
    });
    const around: ProcessEnvironment = {
      host,
      client: Object.create(client, { jobs: { value: jobs } }),
      lastClient: connect,
      signal: new AbortController().signal,
      ...more,
    };
    const work = { src: { kind: "file", path: join(cwd, "in.txt") }, dst: { kind: "file", path: join(cwd, "out") } };
    try {
      return await processOne(work as Parameters<typeof processOne>[0], around);
    } finally {
      client.close();
    }
  }
  const faultOf = async (call: Promise<unknown>): Promise<Fault> => {
    const error = await call.catch((thrown: unknown) => thrown);
    if (!(error instanceof Fault)) throw error;
    return error;
  };

  test("where the connection breaks for good", async () => {
    const broken = new Fault("client/broken", "the connection broke");
    const fault = await faultOf(processWith(() => ({ download: () => Promise.reject(broken) })));
    expect(fault).toMatchObject({ code: "client/broken", message: "the connection broke", exit: 1 });
    await fetchBy(fault.hint ?? "", await takeDone(), "HELLO");
  });

  test("where it ends just as the command gives up on it", async () => {
    const aborted = new Fault("client/aborted", "ended before it was done", { exit: 130 });
    const late = (jobs: Jobs): Partial<Jobs> => ({
      follow: async (id) => {
        await jobs.follow(id);
        throw aborted;
      },
    });
    const fault = await faultOf(processWith(late));
    expect(fault).toMatchObject({ code: "client/aborted", exit: 130 });
    await fetchBy(fault.hint ?? "", await takeDone(), "HELLO");
  });

  test("--timeout bounds the job and not the transfer", async () => {
    const ms = 2_000;
    const slow = (jobs: Jobs): Partial<Jobs> => ({
      download: async (...args) => {
        await setTimeout(ms + 100);
        return jobs.download(...args);
      },
    });
    expect(await processWith(slow, { timeout: { text: "2s", ms } })).toMatchObject({ size: 5 });
    expect(readFileSync(join(cwd, "out"), "utf8")).toBe("HELLO");
    expect(await jobsOn()).toEqual([]);
  });

  test("a --timeout of months does not end a job at once", async () => {
    expect((await cli("process", host, "--src", "in.txt", "--dst", "out", "--timeout", "9w")).code).toBe(0);
  });
});
