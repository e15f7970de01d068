/**
 * The embedded CodeArtifact between pip or npm and an index: 50 packages installed from an empty mirror and from one
 * that has them, and requests for an index page; against the index itself and, where it is installed, Verdaccio.
 * See README.md.
 *
 *   node --import tsx bench/mirror/run.ts [--rounds 3] [--seconds 5] [--latency 0,20] [--only pip,npm,index]
 *                                         [--verdaccio FILE]
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { hasProgram } from "../agent/contestants.js";
import { median, printTable } from "../agent/table.js";
import { saveTable } from "../results.js";
import { fresh, type Install, npm, pip, requests } from "./clients.js";
import { type Mirror, root, type Source, startOurs, startUpstream, startVerdaccio, stop } from "./mirrors.js";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    /** Of load on an index page, each round. */
    seconds: { type: "string", default: "5" },
    /** Milliseconds that the index waits before each answer, as one far away would. */
    latency: { type: "string", default: "0,20" },
    only: { type: "string", default: "pip,npm,index" },
    /** Its bin/verdaccio: npm install --prefix DIR verdaccio */
    verdaccio: { type: "string" },
  },
});
const ROUNDS = Number(flags.rounds);
const SECONDS = Number(flags.seconds);
const scenes = flags.only.split(",");
const dir = mkdtempSync(join(tmpdir(), "mirror-bench-"));
let count = 0;
const newDir = () => join(dir, String(count++));

class Samples {
  readonly #all = new Map<string, number[]>();

  add(name: string, value: number): void {
    this.#all.set(name, [...(this.#all.get(name) ?? []), value]);
  }

  print(key: string, title: string, column: string): void {
    const rows = [...this.#all].map(([name, values]) => [name, [median(values)]] as const);
    saveTable(import.meta.dirname, key, { title, columns: [column], rows: Object.fromEntries(rows) });
    printTable(title, [column], new Map(rows), rows[0]?.[0]);
  }
}

/** Installs from the index, and twice from each mirror: when it is empty, and when it has everything. */
async function installs(upstream: Source, kind: "pypi" | "npm", install: Install): Promise<Samples> {
  const samples = new Samples();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, start] of mirrors(upstream)) {
      const mirror = await start();
      try {
        const url = mirror[kind];
        if (url === undefined) continue;
        samples.add(`${name}, empty`, await fresh(newDir(), install, url, mirror.token));
        samples.add(`${name}, full`, await fresh(newDir(), install, url, mirror.token));
      } finally {
        await stop(mirror);
      }
    }
    samples.add("the index itself", await fresh(newDir(), install, upstream[kind]));
  }
  return samples;
}

async function indexPages(upstream: Source): Promise<void> {
  const pages = new Samples();
  const packuments = new Samples();
  const running: [string, Mirror][] = [];
  try {
    for (const [name, start] of mirrors(upstream)) running.push([name, await start()]);
    for (let round = 0; round <= ROUNDS; round++) {
      const asked: [string, Pick<Mirror, "pypi" | "npm" | "token">][] = [...running, ["the index itself", upstream]];
      for (const [name, { pypi, npm: registry, token }] of asked) {
        const headers = token === undefined ? [] : [`Authorization: Bearer ${token}`];
        const ofPip = pypi === undefined ? undefined : await requests(`${pypi}part-0/`, SECONDS, headers);
        const ofNpm = await requests(`${registry}part-0`, SECONDS, headers);
        // The first round warms them up.
        if (round === 0) continue;
        if (ofPip !== undefined) pages.add(name, ofPip);
        packuments.add(name, ofNpm);
      }
    }
  } finally {
    for (const [, mirror] of running) await stop(mirror);
  }
  pages.print("page", "pip's index page of a package", "requests/s");
  packuments.print("document", "npm's document of a package", "requests/s");
}

function mirrors(upstream: Source): [string, () => Promise<Mirror>][] {
  const all: [string, () => Promise<Mirror>][] = [["ours", () => startOurs(newDir(), upstream)]];
  const { verdaccio } = flags;
  if (verdaccio !== undefined) all.push(["Verdaccio", () => startVerdaccio(newDir(), upstream, verdaccio, node22())]);
  return all;
}

/** The Node that the kit ships to hosts, where it was built. */
function node22(): string {
  const runtime = join(root, "dist/runtime");
  const name = readdirSync(runtime).find((file) => /^node-.*-linux-/.test(file));
  return name === undefined ? process.execPath : join(runtime, name);
}

const missing = ["wrk", "pip3"].filter((program) => !hasProgram(program));
if (missing.length > 0 || !existsSync(join(root, "dist/cli/main.js"))) {
  console.error(
    `needed: npm run build; apt-get install -y --no-install-recommends wrk python3-pip (missing: ${missing})`,
  );
  process.exit(2);
}
const [cpu] = cpus();
const pipVersion = execFileSync("pip3", ["--version"]).toString().split(" ")[1];
const npmVersion = execFileSync("npm", ["--version"]).toString().trim();
console.log(
  `${cpus().length} × ${cpu?.model}, Node ${process.version}, pip ${pipVersion}, npm ${npmVersion}, load ${loadavg()[0]?.toFixed(1)}`,
);
try {
  for (const latency of flags.latency.split(",").map(Number)) {
    const upstream = await startUpstream(latency);
    try {
      const where = `50 packages, an index ${latency} ms away`;
      if (scenes.includes("pip"))
        (await installs(upstream, "pypi", pip)).print(`pip-${latency}`, `pip install, ${where}`, "seconds");
      if (scenes.includes("npm"))
        (await installs(upstream, "npm", npm)).print(`npm-${latency}`, `npm install, ${where}`, "seconds");
      if (scenes.includes("index") && latency === 0) await indexPages(upstream);
    } finally {
      await stop(upstream);
    }
  }
} finally {
  rmSync(dir, { recursive: true });
}
