/** The load of soak.ts, with what came of it as a value. */
import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ABUSES, statusOf } from "./abuse.js";
import { makeCertificate, type Place, start, stop, TOKEN } from "./contestants.js";
import { Client, job, repeat, type Service, tasks } from "./honest.js";
import { median } from "./table.js";

export interface SoakOptions {
  readonly seconds: number;
  /** Connections that ask something every quarter of a minute. */
  readonly idle: number;
  readonly agent: string;
  readonly node: string;
}

export interface SoakReport {
  readonly honest: ReadonlyMap<string, { readonly done: number; readonly failures: readonly string[] }>;
  readonly abuse: ReadonlyMap<string, { readonly times: number; readonly answer: string }>;
  /** Medians of the agent's resident memory in MiB: after the warm-up, at the end, and of each minute. */
  readonly rss: { readonly first: number; readonly last: number; readonly minutes: readonly number[] };
}

/** Less than the agent keeps an idle connection. */
const IDLE_PAUSE_MS = 15_000;
/** Idle connections from each address: below what one caller may hold. */
const PER_ADDRESS = 250;
const RAMP_MS = 30_000;
const SAMPLE_MS = 500;
const ACCELERATOR = `accelerators: { upper: { filter: [tr, "a-z", "A-Z"] } }
keep_jobs_seconds: 60
`;

export async function soak({ seconds, idle, agent, node }: SoakOptions): Promise<SoakReport> {
  const dir = mkdtempSync(join(tmpdir(), "agent-soak-"));
  const files = join(dir, "files");
  mkdirSync(files);
  makeCertificate(dir);
  const small = randomBytes(1_024);
  const large = randomBytes(32 << 20);
  writeFileSync(join(files, "small"), small);
  writeFileSync(join(files, "large"), large);
  // Room for the idle ones; otherwise the limits are the defaults.
  const more = `${ACCELERATOR}limits: { connections: ${idle + 1_024} }\n`;
  const place: Place = { dir, files, node, agent, pin: [], more };
  const server = await start("ours", place);
  try {
    const service: Service = {
      port: Number(new URL(server.url("")).port),
      ca: readFileSync(join(dir, "cert.pem"), "utf8"),
      authorization: `Bearer ${TOKEN}`,
    };
    return await run(service, server.child.pid ?? 0, { seconds, idle, small, large });
  } finally {
    await stop(server);
    rmSync(dir, { recursive: true });
  }
}

interface Load {
  readonly seconds: number;
  readonly idle: number;
  readonly small: Buffer;
  readonly large: Buffer;
}

async function run(service: Service, pid: number, { seconds, idle, small, large }: Load): Promise<SoakReport> {
  const over = AbortSignal.timeout(seconds * 1000);
  setMaxListeners(0, over);
  const honestTasks = { ...tasks("/v1/files/files", small, large), job: job("upper") };
  const honest = Object.entries(honestTasks).map(
    async ([name, task], at) => [name, await repeat(service, `127.0.1.${at + 1}`, task, over, 50)] as const,
  );
  const abuse = Object.keys(ABUSES).map(
    async (name, at) => [name, await abuseUntil(over, service, name, `127.0.2.${at + 1}`)] as const,
  );
  const [honestRows, abuseRows, idleRow, rss] = await Promise.all([
    Promise.all(honest),
    Promise.all(abuse),
    holdIdle(service, idle, over),
    watchMemory(pid, seconds, over),
  ]);
  return { honest: new Map([...honestRows, ["idle", idleRow]]), abuse: new Map(abuseRows), rss };
}

/** Again and again, with a breath in between: this is about endurance, not about who has more processors. */
async function abuseUntil(over: AbortSignal, service: Service, name: string, from: string) {
  const victim = { ...service, target: "/v1/files/files/hostile", large: "/v1/files/files/large" };
  let times = 0;
  let answer = "";
  while (!over.aborted) {
    // Refused connections are an answer too.
    const one = ABUSES[name]?.(victim, from).catch(() => "") ?? Promise.resolve("");
    const said = await Promise.race([one, aborted(over)]);
    if (said === undefined) break;
    answer = statusOf(said);
    times += 1;
    await sleep(500);
  }
  return { times, answer };
}

/** @returns requests that went well, and what went wrong: failed ones, and connections that were closed meanwhile. */
async function holdIdle(service: Service, count: number, over: AbortSignal) {
  let done = 0;
  const failures: string[] = [];
  const hold = async (at: number) => {
    const client = new Client(service, `127.0.3.${1 + Math.floor(at / PER_ADDRESS)}`);
    // Not all of them in the same moment: a full handshake is a millisecond of work for each side.
    await Promise.race([sleep((at / count) * RAMP_MS), aborted(over)]);
    while (!over.aborted) {
      await client.ask("GET", "/healthz").then(
        () => {
          done += 1;
        },
        (error: Error) => failures.push(error.message),
      );
      await Promise.race([sleep(IDLE_PAUSE_MS), aborted(over)]);
    }
    for (let lost = 1; lost < client.connections; lost++) failures.push("an idle connection was closed");
    client.close();
  };
  await Promise.all(Array.from({ length: count }, (_, at) => hold(at)));
  return { done, failures };
}

async function watchMemory(pid: number, seconds: number, over: AbortSignal): Promise<SoakReport["rss"]> {
  const warmUp = Math.min(60, seconds / 3);
  const part = Math.min(60, seconds / 4);
  const samples: Array<{ at: number; mib: number }> = [];
  const begun = performance.now();
  while (!over.aborted) {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const mib = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
    samples.push({ at: (performance.now() - begun) / 1000, mib });
    await sleep(SAMPLE_MS);
  }
  const between = (from: number, to: number) =>
    median(samples.filter(({ at }) => at >= from && at < to).map(({ mib }) => mib));
  const minutes = Array.from({ length: Math.ceil(seconds / 60) }, (_, at) => between(at * 60, (at + 1) * 60));
  return { first: between(warmUp, warmUp + part), last: between(seconds - part, Number.POSITIVE_INFINITY), minutes };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
