/** Links swapped in and out in a tight loop while the agent reads, writes, removes and lists. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BEARER, CANARY, startTestAgent, type TestAgent } from "../support/test-agent.js";

let agent: TestAgent;
let swapper: ChildProcess;
let connections: Agent;

beforeAll(async () => {
  agent = await startTestAgent({
    arrange: (base) => {
      const shared = join(base, "home/shared");
      mkdirSync(join(base, "outside"));
      for (const name of ["file", "victim"]) writeFileSync(join(base, "outside", name), CANARY);
      mkdirSync(join(shared, "dir"));
      writeFileSync(join(shared, "dir/file"), "inside");
      symlinkSync(join(base, "outside"), join(shared, "dir-link"));
      writeFileSync(join(shared, "leaf"), "inside");
      symlinkSync(join(base, "outside/file"), join(shared, "leaf-link"));
    },
  });
  connections = new Agent({ keepAlive: true, maxSockets: 8, ca: agent.ca, checkServerIdentity: () => undefined });
  const names = ["dir", "leaf"].map((name) => `${join(agent.shared, name)}|${join(agent.shared, `${name}-link`)}`);
  swapper = spawn("python3", [join(import.meta.dirname, "../support/swap.py"), ...names]);
  await new Promise((resolve) => swapper.stdout?.once("data", resolve));
});
afterAll(async () => {
  swapper.kill("SIGKILL");
  connections.destroy();
  await agent.stop();
});

const ask = (method: string, path: string, body?: string) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const options = { agent: connections, port: agent.port, host: "127.0.0.1", method, headers: BEARER };
    const sent = request({ ...options, path: `/v1/files/shared/${path}` }, (res) => {
      let text = "";
      res.on("data", (chunk) => {
        text += chunk;
      });
      res.on("end", () => resolve({ status: res.statusCode ?? 0, text }));
    });
    sent.once("error", reject);
    sent.end(body);
  });

/** Eight at a time. @returns how often each status came. */
async function storm(times: number, one: (n: number) => Promise<{ status: number; text: string }>) {
  const statuses: Record<number, number> = {};
  let next = 0;
  const worker = async () => {
    for (let n = next++; n < times; n = next++) {
      const { status, text } = await one(n);
      if (text.includes(CANARY) || text.includes("victim")) throw new Error(`request ${n} saw outside: ${text}`);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return statuses;
}

const outside = () =>
  readdirSync(join(agent.base, "outside")).map((name) => [
    name,
    readFileSync(join(agent.base, "outside", name), "utf8"),
  ]);
const UNTOUCHED = [
  ["file", CANARY],
  ["victim", CANARY],
];

test("the swapping is fast enough to matter: checking with realpath and opening afterwards is fooled by it", () => {
  const root = realpathSync(agent.shared);
  let fooled = 0;
  for (let i = 0; i < 200_000 && fooled === 0; i++) {
    try {
      const path = join(root, "dir/file");
      if (realpathSync(path).startsWith(root) && readFileSync(path, "utf8") === CANARY) fooled += 1;
    } catch {
      // Swapped in between: a miss.
    }
  }
  expect(fooled).toBeGreaterThan(0);
});

test.each([
  ["a directory on the way", "dir/file"],
  ["the file itself", "leaf"],
])("thousands of GETs while %s is swapped for a link: inside or 404, never outside", async (_title, path) => {
  const statuses = await storm(2_000, () => ask("GET", path));
  expect(Object.keys(statuses)).toEqual(["200", "404"]);
});

test("thousands of PUTs while the directory is swapped for a link: not one byte lands outside", async () => {
  const statuses = await storm(1_500, (n) => ask("PUT", `dir/put-${n % 50}`, `evil ${n}`));
  expect(Object.keys(statuses).every((status) => ["201", "204", "404"].includes(status))).toBe(true);
  expect(statuses[404]).toBeGreaterThan(0);
  expect(outside()).toEqual(UNTOUCHED);
});

test("with missing parents to make, none is made outside", async () => {
  const statuses = await storm(500, (n) => ask("PUT", `dir/deep-${n}/er/file`, "evil"));
  expect(statuses[201]).toBeGreaterThan(0);
  expect(outside()).toEqual(UNTOUCHED);
});

test("removals while the directory is swapped: what is outside stays", async () => {
  await storm(1_000, () => ask("DELETE", "dir/victim"));
  expect(outside()).toEqual(UNTOUCHED);
});

test("listings while the directory is swapped: no name from outside", async () => {
  const statuses = await storm(300, () => ask("GET", "dir"));
  expect(Object.keys(statuses)).toEqual(["200", "404"]);
});

test("PUT over the file that is swapped for a link replaces the link at most, never what it points to", async () => {
  await storm(500, (n) => ask("PUT", "leaf", `evil ${n}`));
  expect(outside()).toEqual(UNTOUCHED);
});
