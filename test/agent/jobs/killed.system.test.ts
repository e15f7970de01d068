/** SIGKILL at random moments of many queued jobs: each runs once at most, and what had not begun runs later. */
import { type ChildProcess, spawn } from "node:child_process";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeCommand } from "../../support/compiled.js";

const KILLS = 50;
const JOBS = 60;
/** The blow comes after so many ends at most, and so much later at most; the queue lasts far longer. */
const ENDS = 8;
const SPREAD_MS = 60;
/** So many of the blows come while the agent starts, and clears up after the one before. */
const EARLY = 0.15;
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

let base: string;
const drivers: ChildProcess[] = [];
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "sallyport-jobs-killed-"));
  writeFileSync(join(base, "log"), "");
});
afterAll(() => {
  for (const child of drivers) child.kill("SIGKILL");
  rmSync(base, { recursive: true, force: true });
});

/** mulberry32: small, and the same everywhere. */
function random(state: number): () => number {
  let now = state;
  return () => {
    now = (now + 0x6d2b79f5) | 0;
    let t = Math.imul(now ^ (now >>> 15), 1 | now);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Known {
  readonly id: string;
  readonly state: string;
  readonly reason?: string;
}

interface Driver {
  readonly child: ChildProcess;
  /** What it found of earlier runs. */
  readonly ready: Promise<readonly Known[]>;
  readonly first: Promise<unknown>;
  /** Resolves when so many jobs have ended. */
  readonly ends: (count: number) => Promise<void>;
  readonly idle: Promise<unknown>;
  readonly closed: Promise<unknown>;
  readonly accepted: string[];
  /** How jobs ended, as it said before it was killed. */
  readonly over: Map<string, string>;
}

function drive(jobs: number): Driver {
  const args = [base, join(base, "log"), String(jobs), "3"];
  const [program, ...rest] = nodeCommand("test/agent/jobs/support/driver.ts", args);
  const child = spawn(program, rest, { stdio: ["pipe", "pipe", "inherit"] });
  const accepted: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const said = <T>(key: string) =>
    new Promise<T>((resolve) => {
      lines.on("line", (line) => {
        const what = JSON.parse(line);
        if (key in what) resolve(what[key]);
      });
    });
  const over = new Map<string, string>();
  let heard = (): void => undefined;
  lines.on("line", (line) => {
    const what = JSON.parse(line);
    if (what.accepted !== undefined) accepted.push(what.accepted);
    if (what.over !== undefined) over.set(what.over[0], what.over[1]);
    heard();
  });
  const ends = (count: number) =>
    new Promise<void>((resolve) => {
      heard = () => {
        if (over.size >= count) resolve();
      };
      heard();
    });
  const closed = new Promise((resolve) => child.once("close", resolve));
  drivers.push(child);
  return { child, accepted, over, ends, ready: said("ready"), first: said("accepted"), idle: said("idle"), closed };
}

/** How often each job's program began. */
function runs(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of readFileSync(join(base, "log"), "utf8").split("\n").filter(Boolean)) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

/** Processes that carry the mark of any of these jobs, or lead, or are in, a session of one that did. */
function marked(ids: ReadonlySet<string>): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const mark = /(?:^|\0)SALLYPORT_JOB_ID=([0-9a-f]+)/.exec(readFileSync(`/proc/${pid}/environ`, "latin1"));
      const state = /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1];
      return mark !== null && ids.has(mark[1] ?? "") && state !== "Z";
    } catch {
      return false;
    }
  });
}

/** Nothing but the journals, and the outputs of jobs that are done; beside them the lock, broken or not. */
function checkFiles(): void {
  for (const id of readdirSync(join(base, "jobs")).filter((name) => !name.startsWith(".lock"))) {
    const dir = join(base, "jobs", id);
    const { job } = JSON.parse(readFileSync(join(dir, "job.json"), "utf8"));
    const kept = job.state === "done" && job.output.kind === "private" ? ["job.json", "output"] : ["job.json"];
    expect(readdirSync(dir).sort(), id).toEqual(kept);
    expect(lstatSync(dir).mode & 0o777).toBe(0o700);
  }
}

test(`at ${KILLS} random moments of ${JOBS} queued jobs (SEED=${seed})`, async () => {
  console.log(`seed ${seed}`);
  const chance = random(seed);
  const promised = new Set<string>();
  const states = new Map<string, Known>();
  const told = new Map<string, string>();
  const requeued = new Set<string>();
  let orphans = 0;
  /** A new agent, once everything of the one before is looked at. */
  const begin = async (driver: Driver): Promise<void> => {
    driver.child.stdin?.write("start\n");
    const ran = runs();
    const known = await driver.ready;
    const queued = new Set(known.flatMap(({ id, state }) => (state === "queued" ? [id] : [])));
    expect(marked(new Set([...promised].filter((id) => !queued.has(id))))).toEqual([]);
    // What was to become the program of a queued job ends by itself: its agent never told it to begin.
    await expect.poll(() => marked(promised)).toEqual([]);
    for (const { id, ...end } of known) {
      // Those that had ended before were forgotten for good.
      expect(states.has(id)).toBe(false);
      if (!queued.has(id)) states.set(id, { id, ...end });
      else expect(ran.has(id), `${id} is queued, and ran`).toBe(false);
      if (queued.has(id)) requeued.add(id);
    }
    checkFiles();
    driver.child.stdin?.write("go\n");
  };
  let driver = drive(JOBS);
  for (let round = 0; round < KILLS; round++) {
    // The program of the next one is loaded meanwhile; it touches nothing yet.
    const next = drive(round + 1 < KILLS ? JOBS : 5);
    if (round > 0 && chance() < EARLY) {
      driver.child.stdin?.write("start\n");
    } else {
      await begin(driver);
      await driver.first;
      await driver.ends(Math.floor(chance() * ENDS));
    }
    await setTimeout(chance() * SPREAD_MS);
    driver.child.kill("SIGKILL");
    await driver.closed;
    for (const id of driver.accepted) promised.add(id);
    for (const [id, state] of driver.over) told.set(id, state);
    orphans += marked(promised).length;
    driver = next;
  }
  await begin(driver);
  await driver.idle;
  expect(marked(promised)).toEqual([]);
  driver.child.stdin?.end();
  await driver.closed;

  for (const [id, state] of driver.over) told.set(id, state);
  for (const id of driver.accepted) promised.add(id);
  const ran = runs();
  const count = { done: 0, failed: 0, requeued: 0 };
  for (const id of promised) {
    const { state = "forgotten", reason } = states.get(id) ?? { state: told.get(id), reason: undefined };
    const times = ran.get(id) ?? 0;
    expect(["done", "failed"], id).toContain(state);
    // What was told once holds for ever.
    if (told.has(id)) expect(state, id).toBe(told.get(id));
    if (state === "done") expect(times, id).toBe(1);
    else expect([reason, times <= 1], id).toEqual(["interrupted", true]);
    count[state === "done" ? "done" : "failed"] += 1;
    if (state === "done" && requeued.has(id)) count.requeued += 1;
  }
  console.log(`${promised.size} promised: ${JSON.stringify(count)}; ${orphans} processes outlived their agents`);
  expect(readdirSync(join(base, "shared")).filter((name) => name.startsWith("."))).toEqual([]);
  // Otherwise the blows came at moments that prove nothing.
  expect(told.size).toBeGreaterThan(KILLS);
  expect(count.failed).toBeGreaterThan(0);
  expect(count.requeued).toBeGreaterThan(0);
  expect(orphans).toBeGreaterThan(0);
});
