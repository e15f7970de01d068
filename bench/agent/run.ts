/**
 * The agent against nginx, Caddy and a plain Node server: small files, and a large one down and up. One
 * certificate, one cipher, alternating rounds, medians. See README.md.
 *
 *   node --import tsx bench/agent/run.ts [--seconds 5] [--rounds 5] [--only small,download,upload] [--mib 1024]
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { saveTable } from "../results.js";
import { type Contestant, makeCertificate, missingPrograms, NAMES, type Place, start, stop } from "./contestants.js";
import { CLIENT_PIN, download, type Sample, small, upload } from "./loads.js";
import { costOf } from "./process-cost.js";
import { median, printTable } from "./table.js";

const here = import.meta.dirname;
const { values: flags } = parseArgs({
  options: {
    /** Of load in each round of small files. */
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: "small,download,upload" },
    /** Size of the large file. */
    mib: { type: "string", default: "1024" },
    servers: { type: "string", default: NAMES.join(",") },
    /** The agent as it is built, and the Node that runs it and the plain server. */
    agent: { type: "string", default: join(here, "../../dist/runtime/agent.mjs") },
    node: { type: "string", default: shippedNode() },
    /** Where the files lie. Uploads are on the disk when they are answered, so it should be one. */
    dir: { type: "string", default: tmpdir() },
  },
});

/** What hosts run; where the build could not fetch it, the one that runs this. */
function shippedNode(): string {
  const runtime = join(here, "../../dist/runtime");
  const name = readdirSync(runtime).find((file) => /^node-.*-linux-/.test(file));
  return name === undefined ? process.execPath : join(runtime, name);
}

const ROUNDS = Number(flags.rounds);
const SECONDS = Number(flags.seconds);
const MIB = Number(flags.mib);
const names = flags.servers.split(",");

const SCENES: Readonly<Record<string, Scene>> = {
  small: {
    title: `1 KiB file, 32 connections kept alive, ${SECONDS} s`,
    columns: ["requests/s", "p99 ms", "CPU µs per request"],
    measure: (server) => small(server, SECONDS),
    joins: () => true,
  },
  download: {
    title: `${MIB} MiB download, one connection`,
    columns: ["MB/s", "CPU s per GiB"],
    measure: (server) => download(server, MIB),
    joins: (server) => server.reads,
  },
  upload: {
    title: `${MIB} MiB upload, on the disk when it ends, one connection`,
    columns: ["MB/s", "CPU s per GiB"],
    measure: (server, place) => upload(server, place, MIB),
    joins: (server) => server.puts,
  },
};

interface Scene {
  readonly title: string;
  /** Of a sample, in order; the first is the one that ratios are made of. */
  readonly columns: readonly string[];
  readonly measure: (server: Contestant, place: Place) => Promise<Sample>;
  readonly joins: (server: Contestant) => boolean;
}

async function main(): Promise<void> {
  const missing = missingPrograms();
  if (missing.length > 0) {
    console.error(`these are needed too: apt-get install -y --no-install-recommends ${missing.join(" ")}`);
    process.exit(2);
  }
  const dir = mkdtempSync(join(flags.dir, "agent-bench-"));
  const files = join(dir, "files");
  mkdirSync(files);
  makeCertificate(dir);
  writeFileSync(join(files, "small"), Buffer.alloc(1024, "s"));
  const large = Buffer.alloc(1024 * 1024, "large-");
  const one = join(files, "large");
  writeFileSync(one, "");
  for (let mib = 0; mib < MIB; mib++) writeFileSync(one, large, { flag: "a" });

  const cores = cpus().length;
  const place: Place = {
    dir,
    files,
    node: flags.node,
    agent: flags.agent,
    pin: cores > 1 ? ["taskset", "-c", "0"] : [],
  };
  const [cpu] = cpus();
  console.log(
    `${cores} × ${cpu?.model}, ${execFileSync(flags.node, ["--version"]).toString().trim()} of Node; server on core 0, client on ${CLIENT_PIN.at(-1) ?? "any"}`,
  );
  const running: Contestant[] = [];
  try {
    for (const name of names) running.push(await start(name, place));
    for (const key of flags.only.split(",")) {
      const scene = SCENES[key];
      if (scene === undefined) throw new Error(`there is no scene "${key}": ${Object.keys(SCENES).join(", ")}`);
      await play(key, scene, running.filter(scene.joins), place);
    }
    const peaks = running.map((server) => [server.name, [costOf(server.child.pid ?? 0).peakMiB]] as const);
    printTable("Peak resident memory over all of the above", ["MiB"], new Map(peaks), undefined);
  } finally {
    await Promise.all(running.map(stop));
    rmSync(dir, { recursive: true });
  }
}

async function play(key: string, scene: Scene, servers: readonly Contestant[], place: Place): Promise<void> {
  const samples = new Map<string, Sample[]>(servers.map(({ name }) => [name, []]));
  // Warm: code compiled, session made, file in the page cache.
  for (const server of servers) await scene.measure(server, place);
  for (let round = 0; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? servers : [...servers].reverse();
    for (const server of order) samples.get(server.name)?.push(await scene.measure(server, place));
  }
  const rows = [...samples].map(
    ([name, all]) =>
      [name, scene.columns.map((_, column) => median(all.map((sample) => sample[column] ?? 0)))] as const,
  );
  printTable(scene.title, scene.columns, new Map(rows), "ours");
  saveTable(here, key, { title: scene.title, columns: scene.columns, rows: Object.fromEntries(rows) });
}

await main();
