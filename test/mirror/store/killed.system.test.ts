/**
 * Show 3: SIGKILL at 30 random moments while packages come in. Whatever a client had whole by then installs after the
 * next start, with the upstream gone; nothing that is served is corrupt, and nothing half written stays.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Program, startCommand } from "../../agent/support/program.js";
import { nodeCommand } from "../../support/compiled.js";
import { seededRandom } from "../../support/random.js";
import { Clients } from "../support/clients.js";
import { teamOver } from "../support/mirror.js";
import { Upstream } from "../support/upstream.js";
import { type File, sha256, wheel } from "../support/wheels.js";

const SERVE = "test/mirror/support/serve.ts";
const ROUNDS = 30;
/** Bytes of each wheel, so that some are there while others come, and how the upstream sends them. */
const PROJECTS = Object.entries({ alpha: 40_000, beta: 120_000, gamma: 240_000, delta: 480_000, epsilon: 900_000 });
const TOTAL = PROJECTS.reduce((sum, [, bytes]) => sum + bytes, 0);
const CHUNK = 40_000;
const PAUSE_MS = 15;

let dir: string;
let upstream: Upstream;
let clients: Clients;
/** Bytes that the upstream has sent in this round, and who waits for more of them. */
let sent = 0;
let onSent: () => void = () => undefined;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "sallyport-mirror-"));
  upstream = await Upstream.start();
  clients = new Clients();
  upstream.trouble = async (_req, res, content) => {
    if (content === undefined) return false;
    res.writeHead(200, { "Content-Length": content.length });
    for (let at = 0; at < content.length && !res.closed; at += CHUNK) {
      res.write(content.subarray(at, at + CHUNK));
      sent += CHUNK;
      onSent();
      await sleep(PAUSE_MS);
    }
    res.end();
    return true;
  };
});
afterAll(async () => {
  clients.remove();
  await upstream.lose().catch(() => undefined);
  rmSync(dir, { recursive: true });
});

async function start(): Promise<{ program: Program; url: string }> {
  const layout = JSON.stringify(teamOver("public:pypi"));
  const connections = JSON.stringify({ "public:pypi": upstream.url });
  const program = startCommand(nodeCommand(SERVE, [layout, connections, dir]), { PATH: process.env.PATH });
  const { port } = await program.event("serving");
  return { program, url: `http://127.0.0.1:${port}/pypi/team/simple/` };
}

/** As pip does it: the page, then the file, proven by the hash on the page. @returns undefined where that was cut. */
async function install(url: string, project: string, file: File): Promise<"whole" | "cut"> {
  try {
    const page = await fetch(`${url}${project}/`);
    const text = await page.text();
    if (page.status !== 200) return "cut";
    const link = text.match(new RegExp(`href="([^"#]+/${file.name.replaceAll(".", "\\.")})#sha256=([0-9a-f]{64})"`));
    if (link?.[1] === undefined) return "cut";
    expect(link[2]).toBe(file.sha256);
    const response = await fetch(new URL(link[1], `${url}${project}/`));
    const content = Buffer.from(await response.arrayBuffer());
    if (response.status !== 200) return "cut";
    expect(sha256(content)).toBe(file.sha256);
    return "whole";
  } catch (error) {
    // A cut connection is what is to be expected; a wrong byte is not.
    if (error instanceof TypeError || (error as Error).name === "AbortError") return "cut";
    throw error;
  }
}

function sentUpTo(bytes: number): Promise<void> {
  return new Promise((resolve) => {
    onSent = () => {
      if (sent >= bytes) resolve();
    };
  });
}

/** Resolves when so many of them have ended: however slow the machine is, something was whole by then. */
function ended(installs: ReadonlyArray<Promise<unknown>>, count: number): Promise<void> {
  let left = count;
  return new Promise((resolve) => {
    for (const each of installs) {
      void each.then(() => {
        left -= 1;
        if (left === 0) resolve();
      });
    }
  });
}

function checkBlobs(): void {
  const blobs = join(dir, "packages", "blobs", "sha256");
  for (const path of readdirSync(blobs, { recursive: true, encoding: "utf8" })) {
    const name = path.slice(path.indexOf("/") + 1);
    if (name.length === 64) expect(sha256(readFileSync(join(blobs, path)))).toBe(name);
  }
}

test("Show 3: killed at 30 random moments, what was retained installs and nothing is corrupt", async () => {
  const random = seededRandom(20_240_606).next;
  const received = new Map<string, { readonly project: string; readonly file: File }>();
  let cut = 0;
  let running = await start();
  for (let round = 1; round <= ROUNDS; round++) {
    const version = `1.${round}`;
    const wheels = PROJECTS.map(([project, padding]) => ({
      project,
      file: wheel({ name: project, version, padding }),
    }));
    for (const { project, file } of wheels) upstream.add(project, file);
    // The index of the round before is still good for a moment.
    await sleep(250);
    sent = 0;
    const installs = wheels.map(async ({ project, file }) => ({
      project,
      file,
      end: await install(running.url, project, file),
    }));
    if (round % 2 === 0) {
      await Promise.race([sentUpTo(random() * TOTAL), Promise.all(installs)]);
      // Some land where the last bytes are proven, named and recorded.
      await sleep(random() * 120);
    } else {
      await ended(installs, 1 + Math.floor(random() * (installs.length - 1)));
    }
    running.program.child.kill("SIGKILL");
    await running.program.ended;
    for (const { project, file, end } of await Promise.all(installs)) {
      if (end === "whole") received.set(file.name, { project, file });
      else cut += 1;
    }
    await upstream.lose();
    checkBlobs();
    running = await start();
    expect(readdirSync(join(dir, "packages", "tmp"))).toEqual([]);
    for (const { project, file } of received.values()) {
      if (file.name.includes(`-${version}-`) || random() < 0.1) {
        expect([file.name, await install(running.url, project, file)]).toEqual([file.name, "whole"]);
      }
    }
    await upstream.resume();
  }
  expect(cut).toBeGreaterThan(ROUNDS / 3);
  expect(received.size).toBeGreaterThan(ROUNDS / 3);
  await upstream.lose();
  for (const { project, file } of received.values()) {
    expect([file.name, await install(running.url, project, file)]).toEqual([file.name, "whole"]);
  }
  const last = [...new Map([...received.values()].map(({ project, file }) => [project, file.name.split("-")[1]]))];
  const wanted = last.map(([project, version]) => `${project}==${version}`);
  const installed = await clients.pip(running.url, wanted);
  expect([installed.output, installed.packages.length]).toEqual([expect.any(String), wanted.length]);
  running.program.child.kill("SIGKILL");
  await running.program.ended;
});
