import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cliCommand, sallyport } from "../../../support/cli.js";
import { FaultProxy } from "../../../support/fault-proxy.js";
import { type ListServer, say, startListServer } from "../../../support/list-server.js";
import { type Moto, startMoto } from "../../../support/moto.js";
import { runInProcess } from "../../../support/run-cli.js";

let moto: Moto;
let source: ListServer;
let dir: string;
let group = "";
let count = 0;
const children: ChildProcess[] = [];

beforeAll(async () => {
  moto = await startMoto();
  source = await startListServer(say({}));
  dir = await mkdtemp(join(tmpdir(), "sallyport-sync-"));
  // The SDK looks for these in its own process; vitest gives each file a process of its own.
  for (const [name, value] of Object.entries(environment())) if (name.startsWith("AWS_")) process.env[name] = value;
});
afterAll(async () => {
  await source.close();
  await moto.stop();
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  group = await moto.raw.createGroup(`cli-${++count}`);
  list("101.2.3.4", "105.6.7.8");
  source.requests.length = 0;
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "close");
  }
});

const list = (...ipAddresses: string[]) => {
  source.answer = say({ ipAddresses });
};

const environment = (extra: Readonly<Record<string, string>> = {}) => ({
  HOME: dir,
  AWS_ENDPOINT_URL: moto.url,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  SALLYPORT_CALLER: "109.1.1.1",
  ...extra,
});

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runInProcess(["firewall", "sync", ...args], { cwd: dir, env: environment(env) });

const faculty = () => ["--source", `faculty:${source.url}`, "--group", group, "--port", "5432", "--owner", "faculty"];
const contents = async () => (await moto.raw.rules(group)).map(({ content }) => content).sort();

test("looks, checks, follows, and is then at rest: 0, 10, 0, 0", async () => {
  const args = ["firewall", "sync", ...faculty(), "--dry-run"];
  expect(await sallyport(args, { cwd: dir, env: environment() })).toEqual({
    code: 0,
    signal: null,
    stdout: `+ ${group} tcp 5432 101.2.3.4/32\n+ ${group} tcp 5432 105.6.7.8/32\n2 added, 0 removed, 0 kept, 0 foreign\n`,
    stderr: "",
  });
  expect((await run([...faculty(), "--check"])).code).toBe(10);
  expect(await contents()).toEqual([]);
  expect((await run(faculty())).code).toBe(0);
  expect(await contents()).toEqual(["tcp 5432-5432 101.2.3.4/32", "tcp 5432-5432 105.6.7.8/32"]);
  expect(await run([...faculty(), "--check"])).toMatchObject({
    code: 0,
    stdout: `= ${group} tcp 5432 101.2.3.4/32\n= ${group} tcp 5432 105.6.7.8/32\n0 added, 0 removed, 2 kept, 0 foreign\n`,
  });
});

test("F-12: with --json the report is one document", async () => {
  await moto.raw.allow(group, 22, "8.8.8.8/32", "by hand");
  const { code, stdout } = await run([...faculty(), "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    changed: true,
    added: [
      { target: group, protocol: "tcp", ports: "5432", source: "101.2.3.4/32" },
      { target: group, protocol: "tcp", ports: "5432", source: "105.6.7.8/32" },
    ],
    removed: [],
    kept: [],
    foreign: [{ target: group, protocol: "tcp", ports: "22", source: "8.8.8.8/32" }],
  });
});

test("F-05: who leaves the list loses the rule, and rules of others stay", async () => {
  await run(faculty());
  await moto.raw.allow(group, 5432, "8.8.8.8/32", "by hand");
  list("105.6.7.8", "109.9.9.9");
  expect((await run(faculty())).stdout).toBe(
    `+ ${group} tcp 5432 109.9.9.9/32\n- ${group} tcp 5432 101.2.3.4/32\n1 added, 1 removed, 1 kept, 1 foreign\n`,
  );
});

test("several ports, two groups and a prefix list follow one list", async () => {
  const second = await moto.raw.createGroup(`cli-${++count}`);
  const prefixes = await moto.raw.createPrefixList(`cli-${count}`, "IPv4", 10);
  const { code } = await run([...faculty(), second, "--port", "22,8000-8010", "--prefix-list", prefixes]);
  expect(code).toBe(2);
  const args = ["--source", `faculty:${source.url}`, "--owner", "faculty", "--port", "22,8000-8010"];
  expect((await run([...args, "--group", group, second, "--prefix-list", prefixes])).code).toBe(0);
  expect(await contents()).toContain("tcp 8000-8010 105.6.7.8/32");
  expect(await moto.raw.rules(second)).toHaveLength(4);
  expect((await moto.raw.entries(prefixes)).map(({ cidr }) => cidr).sort()).toEqual(["101.2.3.4/32", "105.6.7.8/32"]);
});

describe("never lock out", () => {
  beforeEach(async () => {
    await run(faculty());
  });

  test.each([
    [
      "an error status",
      say("oops", 503),
      /^error: "faculty:http:.*" answered with status 503\n {2}nothing was changed\n$/,
    ],
    ["not JSON", say("<html>"), /^error: "faculty:.*" is not JSON: it begins with "<html>"\n/],
    ["no key", say({ addresses: [] }), /^error: "faculty:.*" has no "ipAddresses"\n/],
    [
      "a non-address",
      say({ ipAddresses: ["101.2.3.4", "localhost"] }),
      /^error: "faculty:.*" has "localhost" at "\/ipAddresses\/1"/,
    ],
    [
      "a private address",
      say({ ipAddresses: ["101.2.3.4", "10.0.0.1"] }),
      /^error: the list has "10.0.0.1\/32", which is private/,
    ],
    [
      "everybody",
      say({ ipAddresses: ["101.2.3.4", "0.0.0.0/0"] }),
      /^error: the list has "0.0.0.0\/0", which is as good as everybody/,
    ],
    ["an empty list", say({ ipAddresses: [] }), /^error: the list is empty\n/],
  ])("%s changes nothing and ends with 1 and the reason", async (_, answer, reason) => {
    source.answer = answer;
    const { code, stdout, stderr } = await run(faculty());
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(reason);
    expect(await contents()).toHaveLength(2);
  });

  test("a list that shrank by more than half, unless that is permitted", async () => {
    list("101.2.3.4", "105.6.7.8", "106.1.1.1", "107.1.1.1");
    await run(faculty());
    list("101.2.3.4");
    const refused = await run(faculty());
    expect(refused).toMatchObject({
      code: 1,
      stderr:
        "error: the list shrank from 4 to 1 addresses, by more than 50 %\n  nothing was changed; --max-shrink 75 permits it\n",
    });
    expect((await run([...faculty(), "--max-shrink", "75"])).code).toBe(0);
    expect(await contents()).toHaveLength(1);
  });

  test("a revoke that would cut off who runs this ends with 5, unless that is confirmed", async () => {
    list("105.6.7.8", "106.1.1.1");
    const here = { SALLYPORT_CALLER: "101.2.3.4" };
    const refused = await run(faculty(), here);
    expect(refused).toMatchObject({
      code: 5,
      stderr:
        'error: this would cut "101.2.3.4/32", where this command runs from, off "tcp 5432 from 101.2.3.4/32"\n  nothing was changed; --confirm-lockout permits it\n',
    });
    expect(await contents()).toContain("tcp 5432-5432 101.2.3.4/32");
    expect((await run([...faculty(), "--check"], here)).stderr).toMatch(/^warning: this would cut "101.2.3.4\/32"/);
    expect((await run([...faculty(), "--confirm-lockout"], here)).code).toBe(0);
    expect(await contents()).not.toContain("tcp 5432-5432 101.2.3.4/32");
  });

  test("where nobody knows where this runs from, nothing is removed; where nothing goes, nobody is asked", async () => {
    const unknown = { SALLYPORT_CALLER: "", SALLYPORT_CALLER_SERVICES: `${source.url}/caller` };
    expect((await run(faculty(), unknown)).code).toBe(0);
    expect(source.requests.map(({ path }) => path)).not.toContain("/caller");
    list("105.6.7.8");
    const { code, stderr } = await run(faculty(), unknown);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: cannot find this machine's public address/);
    expect(await contents()).toHaveLength(2);
  });
});

test("a lease that is over goes with the next run, also that of who runs it", async () => {
  await moto.raw.allow(group, 22, "109.1.1.1/32", "sallyport:access until=2020-01-01T00:00:00Z for=ada");
  await moto.raw.allow(group, 22, "110.1.1.1/32", "sallyport:access until=2120-01-01T00:00:00Z for=bob");
  const { code, stdout } = await run(faculty());
  expect(code).toBe(0);
  expect(stdout).toContain(`- ${group} tcp 22 109.1.1.1/32 (lease of ada until 2020-01-01T00:00:00Z)\n`);
  expect(await contents()).toContain("tcp 22-22 110.1.1.1/32");
});

describe("credentials come from a file or the environment", () => {
  test("a token of a private file, or of a variable", async () => {
    const file = join(dir, "token");
    await writeFile(file, "s3cret\n", { mode: 0o600 });
    expect((await run([...faculty(), "--token-file", file])).code).toBe(0);
    expect((await run(faculty(), { SALLYPORT_SOURCE_BASIC: "ada:pass" })).code).toBe(0);
    expect(source.requests.map(({ authorization }) => authorization)).toEqual(["Bearer s3cret", "Basic YWRhOnBhc3M="]);
  });

  test("a file that others may read is refused, but for one that systemd guards", async () => {
    const file = join(dir, "open-token");
    await writeFile(file, "s3cret\n");
    await chmod(file, 0o640);
    expect(await run([...faculty(), "--token-file", file])).toMatchObject({
      stderr: expect.stringContaining("chmod 600"),
    });
    expect((await run([...faculty(), "--token-file", file], { CREDENTIALS_DIRECTORY: dir })).code).toBe(0);
  });

  test("with two sources that have a URL nobody can tell whose they are, and nobody gets them", async () => {
    const two = [...faculty(), "--source", `json:${source.url}/other#/ipAddresses`];
    const { code, stderr } = await run(two, { SALLYPORT_SOURCE_TOKEN: "s3cret" });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: 2 sources have a URL, and the credentials are for one of them/);
    expect(source.requests).toEqual([]);
  });
});

interface Watching {
  readonly child: ChildProcess;
  /** The next line that has `text`, on either stream. */
  line(text: string | RegExp): Promise<string>;
  ended(): Promise<number | null>;
}

function watching(args: readonly string[], env: Readonly<Record<string, string>> = {}): Watching {
  const [program, argv] = cliCommand(["firewall", "sync", ...args]);
  const child = spawn(program, argv, {
    cwd: dir,
    env: { PATH: process.env.PATH, ...environment(env) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      for (const look of waiting) look();
    });
  }
  const ended = once(child, "close");
  return {
    child,
    line: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.findIndex((line) => (typeof text === "string" ? line.includes(text) : text.test(line)));
          if (found === -1) return;
          waiting.delete(look);
          resolve(lines.splice(0, found + 1).at(-1) ?? "");
        };
        waiting.add(look);
        void ended.then(() => reject(new Error(`ended before ${text}: ${lines.join("\n")}`)));
        look();
      }),
    ended: async () => (await ended)[0] as number | null,
  };
}

describe("--watch", () => {
  test("follows the list on and on, tells what fails and goes on, and SIGTERM ends it with 0", async () => {
    const sync = watching([...faculty(), "--watch", "5s", "--listen", "127.0.0.1:0"]);
    const url = /http:\S+(?=\/metrics)/.exec(await sync.line("metrics at"))?.[0] ?? "";
    await sync.line("2 added, 0 removed");
    expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ status: "ok" });
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await metrics.text();
    expect(text).toContain('sallyport_sync_rules{owner="faculty",action="added"} 2\n');
    expect(text).toMatch(/^sallyport_sync_last_success_timestamp_seconds\{owner="faculty"\} 1\d{9}/m);

    source.answer = say("oops", 500);
    expect(await sync.line("answered with status 500")).toMatch(/; trying again at the next turn$/);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      'sallyport_sync_failures_total{owner="faculty"} 1\n',
    );
    expect(await contents()).toHaveLength(2);

    list("105.6.7.8", "109.9.9.9");
    await sync.line("1 added, 1 removed");
    expect(await contents()).toEqual(["tcp 5432-5432 105.6.7.8/32", "tcp 5432-5432 109.9.9.9/32"]);
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(405);
    sync.child.kill("SIGTERM");
    expect(await sync.ended()).toBe(0);
  });

  test("before the first success it is not well", async () => {
    source.answer = say("oops", 500);
    const sync = watching([...faculty(), "--watch", "1h", "--listen", "127.0.0.1:0"]);
    const url = /http:\S+(?=\/metrics)/.exec(await sync.line("metrics at"))?.[0] ?? "";
    await sync.line("answered with status 500");
    const health = await fetch(`${url}/healthz`);
    expect([health.status, await health.json()]).toEqual([503, { status: "failing", reason: "no success yet" }]);
  });

  test("SIGTERM between the grant and the revoke is obeyed after the revoke", async () => {
    await run(faculty());
    let child: ChildProcess | undefined;
    const proxy = await FaultProxy.start({
      upstream: moto.url,
      before: async ({ action }) => {
        if (action !== "RevokeSecurityGroupIngress") return;
        child?.kill("SIGTERM");
      },
    });
    list("105.6.7.8", "109.9.9.9");
    try {
      const sync = watching([...faculty(), "--watch", "1h"], { AWS_ENDPOINT_URL: proxy.url });
      child = sync.child;
      expect(await sync.ended()).toBe(0);
      expect(await contents()).toEqual(["tcp 5432-5432 105.6.7.8/32", "tcp 5432-5432 109.9.9.9/32"]);
    } finally {
      await proxy.close();
    }
  });

  test("SIGTERM while the rules are read ends it before the first change", async () => {
    let child: ChildProcess | undefined;
    const proxy = await FaultProxy.start({
      upstream: moto.url,
      before: async ({ action }) => {
        if (action === "DescribeSecurityGroupRules") {
          child?.kill("SIGTERM");
          if (child !== undefined) await once(child, "close");
        }
      },
    });
    try {
      const sync = watching([...faculty(), "--watch", "1h"], { AWS_ENDPOINT_URL: proxy.url });
      child = sync.child;
      expect(await sync.ended()).toBe(0);
      expect(await contents()).toEqual([]);
    } finally {
      await proxy.close();
    }
  });

  test("with --json each turn is a line", async () => {
    const sync = watching([...faculty(), "--watch", "1h", "--json"]);
    expect(JSON.parse(await sync.line("added"))).toMatchObject({
      at: expect.any(String),
      changed: true,
      added: [{}, {}],
    });
  });
});
