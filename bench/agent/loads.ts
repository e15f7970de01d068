/** What is asked of each server, and what it took. Clients are C programs, so that they are not what is measured. */
import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Contestant, type Place, TOKEN } from "./contestants.js";
import { costOf } from "./process-cost.js";

const run = promisify(execFile);
const AUTHORIZATION = `Authorization: Bearer ${TOKEN}`;
/** Away from the server's core, where there is another one. */
export const CLIENT_PIN =
  cpus().length > 1 ? ["taskset", "-c", cpus().length > 2 ? `1-${cpus().length - 1}` : "1"] : [];
const CURL = ["curl", "--silent", "--show-error", "--fail", "--insecure", "--http1.1", "--header", AUTHORIZATION];

/** Numbers in the order of the scene's columns. */
export type Sample = readonly number[];

/** Requests per second, 99th percentile in ms, server CPU in µs per request. */
export async function small(server: Contestant, seconds: number): Promise<Sample> {
  const url = server.url("small");
  const wrk = ["wrk", "--threads", "1", "--connections", "32", "--duration", `${seconds}s`, "--latency"];
  const { result, cpuSeconds } = await costing(server, () => client([...wrk, "--header", AUTHORIZATION, url]));
  if (/Non-2xx|Socket errors/.test(result)) throw new Error(`${server.name}: ${result}`);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(result)?.[1]);
  const requests = Number(/(\d+) requests in/.exec(result)?.[1]);
  return [rate, milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(result)), (cpuSeconds / requests) * 1e6];
}

/** MB (10^6 bytes) per second, server CPU seconds per GiB. */
export async function download(server: Contestant, mib: number): Promise<Sample> {
  const command = [
    ...CURL,
    "--output",
    "/dev/null",
    "--write-out",
    "%{size_download} %{time_total}",
    server.url("large"),
  ];
  const { result, cpuSeconds } = await costing(server, () => client(command));
  const [bytes = 0, seconds = 1] = result.split(" ").map(Number);
  if (bytes !== mib * 1024 * 1024) throw new Error(`${server.name} sent ${bytes} bytes`);
  return [bytes / seconds / 1e6, cpuSeconds / (mib / 1024)];
}

/** As {@link download}. A server that answers before the bytes are on the disk has the client's fsync counted to it. */
export async function upload(server: Contestant, place: Place, mib: number): Promise<Sample> {
  const name = `uploaded-${server.name.replaceAll(" ", "-")}`;
  const command = [...CURL, "--header", "Expect:", "--upload-file", join(place.files, "large"), server.url(name)];
  const { cpuSeconds, seconds } = await costing(server, async () => {
    await client(command);
    if (!server.durable) await flush(join(place.files, name));
  });
  const bytes = mib * 1024 * 1024;
  return [bytes / seconds / 1e6, cpuSeconds / (mib / 1024)];
}

async function client(command: readonly string[]): Promise<string> {
  const [program = "", ...args] = [...CLIENT_PIN, ...command];
  const { stdout } = await run(program, args, { maxBuffer: 1 << 20 });
  return stdout;
}

async function costing<T>(server: Contestant, load: () => Promise<T>) {
  const pid = server.child.pid ?? 0;
  const before = costOf(pid).cpuSeconds;
  const started = performance.now();
  const result = await load();
  const seconds = (performance.now() - started) / 1000;
  return { result, seconds, cpuSeconds: costOf(pid).cpuSeconds - before };
}

/** The file, and the directory entry that names it. */
async function flush(file: string): Promise<void> {
  for (const path of [file, dirname(file)]) {
    const handle = await open(path, "r");
    await handle.sync();
    await handle.close();
  }
}

function milliseconds(match: RegExpExecArray | null): number {
  const factor = { us: 0.001, ms: 1, s: 1000 }[match?.[2] ?? "ms"] ?? 1;
  return Number(match?.[1]) * factor;
}
