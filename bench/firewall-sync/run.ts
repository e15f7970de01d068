/**
 * How long a followed list takes to become rules, side by side: our sync, boto3 in a loop, boto3 in
 * batches. All three meet the same emulator through the same proxy, which counts the calls and makes
 * each take a round trip longer. See README.md.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startEmulator } from "../../local/emulator/emulator.js";
import { FaultProxy } from "../../test/support/fault-proxy.js";
import { RawEc2 } from "../../test/support/raw-ec2.js";
import { saveTable } from "../results.js";
import { Contestant } from "./contestant.js";
import type { Job } from "./job.js";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    "round-trip": { type: "string", default: "0,50" },
    /** Only the scenes whose title has this text. */
    only: { type: "string", default: "" },
  },
});
const ROUNDS = Number(flags.rounds);
const ROUND_TRIPS = flags["round-trip"].split(",").map(Number);
/** EC2's default, which the emulator enforces. */
const RULES_PER_GROUP = 60;
const PORTS = [22, 80, 443];
const NAMES = ["ours", "loop", "batch"] as const;
type Name = (typeof NAMES)[number];

interface Scene {
  readonly title: string;
  readonly addresses: number;
  /** 0: through a prefix list. */
  readonly ports: number;
}

const SCENES: readonly Scene[] = [
  { title: "10 addresses, 1 port", addresses: 10, ports: 1 },
  { title: "10 addresses, 3 ports", addresses: 10, ports: 3 },
  { title: "50 addresses, 1 port", addresses: 50, ports: 1 },
  { title: "50 addresses, 3 ports", addresses: 50, ports: 3 },
  { title: "500, prefix list", addresses: 500, ports: 0 },
];

/** From nothing to the whole list; then every address is another one. */
const STEPS = ["fill", "replace"] as const;

interface Measure {
  readonly seconds: number[];
  calls: number;
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const address = (list: number, index: number) => `101.${list}.${index >> 8}.${index & 255}`;
const addresses = (list: number, count: number) => Array.from({ length: count }, (_, index) => address(list, index));
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const dir = await mkdtemp(join(tmpdir(), "sallyport-bench-"));
const emulator = await startEmulator({ dir });
const raw = new RawEc2(emulator.url);
let targets = 0;

/** Where more rules than a group takes are needed, each port has a group of its own. */
async function newTarget({ addresses: count, ports }: Scene): Promise<Pick<Job, "groups" | "prefixList">> {
  targets += 1;
  if (ports === 0) {
    return { groups: [], prefixList: await raw.createPrefixList(`bench-${targets}`, "IPv4", 2 * count) };
  }
  const wanted = PORTS.slice(0, ports);
  const split = count * ports <= RULES_PER_GROUP ? [wanted] : wanted.map((port) => [port]);
  const groups: { id: string; ports: number[] }[] = [];
  for (const [index, of] of split.entries()) {
    groups.push({ id: await raw.createGroup(`bench-${targets}-${index}`), ports: of });
  }
  return { groups };
}

async function verify(job: Job): Promise<void> {
  const wanted = job.after.map((text) => `${text}/32`).sort();
  for (const { id, ports } of job.groups) {
    const sources = (await raw.rules(id)).map(({ source }) => source).sort();
    const expected = ports.flatMap(() => wanted).sort();
    if (sources.join() !== expected.join()) throw new Error(`the group ${id} does not have what it should`);
    await raw.deleteGroup(id);
  }
  if (job.prefixList === undefined) return;
  const entries = (await raw.entries(job.prefixList)).map(({ cidr }) => cidr).sort();
  if (entries.join() !== wanted.join()) throw new Error(`the list ${job.prefixList} does not have what it should`);
}

async function measure(roundTripMs: number): Promise<Map<string, Measure>> {
  const proxy = await FaultProxy.start({ upstream: emulator.url, roundTripMs });
  const env = { ...process.env, ...emulator.env, AWS_ENDPOINT_URL: proxy.url };
  const contestants: Record<Name, Contestant> = {
    ours: new Contestant("ours", [process.execPath, "--import", "tsx", here("./ours.ts")], env),
    loop: new Contestant("loop", ["python3", here("./peer.py"), "loop"], env),
    batch: new Contestant("batch", ["python3", here("./peer.py"), "batch"], env),
  };
  const results = new Map<string, Measure>();
  const play = async (name: Name, scene: Scene, isCounted: boolean) => {
    const target = await newTarget(scene);
    const old = addresses(1, scene.addresses);
    const fresh = addresses(2, scene.addresses);
    for (const [step, before, after] of [
      ["fill", [], old],
      ["replace", old, fresh],
    ] as const) {
      const job: Job = { ...target, before, after };
      proxy.takeCalls();
      const seconds = await contestants[name].run(job);
      const calls = proxy.takeCalls().length;
      if (step === "replace") await verify(job);
      if (!isCounted) continue;
      const key = `${scene.title}/${step}/${name}`;
      const so = results.get(key) ?? { seconds: [], calls };
      so.seconds.push(seconds);
      results.set(key, so);
    }
  };
  // The first jobs of each open its connections and warm its code; they do not count.
  for (const name of NAMES) {
    for (let jobs = 0; jobs < 3; jobs += 1) await play(name, { title: "", addresses: 20, ports: 1 }, false);
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const scene of SCENES.filter(({ title }) => title.includes(flags.only))) {
      // Minutes of waiting for one call after the other do not vary: once is enough.
      const isLong = scene.ports === 0 && roundTripMs > 0 && round > 0;
      const order = round % 2 === 0 ? NAMES : [...NAMES].reverse();
      for (const name of order) if (!(isLong && name === "loop")) await play(name, scene, true);
    }
  }
  for (const name of NAMES) await contestants[name].end();
  await proxy.close();
  if (proxy.failures.length > 0) throw proxy.failures[0];
  return results;
}

function print(roundTripMs: number, results: ReadonlyMap<string, Measure>): void {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(`\n### ${roundTripMs} ms of round trip\n`);
  say("| change | ours: calls, ms | boto3 loop | boto3 batch | × loop | × batch |");
  say("|---|---|---|---|---|---|");
  for (const { title } of SCENES.filter((scene) => scene.title.includes(flags.only))) {
    for (const step of STEPS) {
      const of = (name: Name) => results.get(`${title}/${step}/${name}`) ?? { seconds: [], calls: 0 };
      const ms = (name: Name) => median(of(name).seconds) * 1000;
      const cell = (name: Name) => `${of(name).calls}, ${ms(name).toFixed(0)}`;
      const ratio = (name: Name) => (ms(name) / ms("ours")).toFixed(1);
      say(
        `| ${title}: ${step} | ${cell("ours")} | ${cell("loop")} | ${cell("batch")} | ${ratio("loop")} | ${ratio("batch")} |`,
      );
    }
  }
  const kept = SCENES.filter((scene) => scene.title.includes(flags.only)).flatMap(({ title }) =>
    STEPS.map((step) => {
      const values = NAMES.flatMap((name) => {
        const { calls, seconds } = results.get(`${title}/${step}/${name}`) ?? { calls: 0, seconds: [] };
        return [calls, median(seconds) * 1000];
      });
      return [`${title}: ${step}`, values] as const;
    }),
  );
  saveTable(import.meta.dirname, `round-trip-${roundTripMs}`, {
    title: `${roundTripMs} ms of round trip`,
    columns: ["ours", "boto3 loop", "boto3 batch"].flatMap((name) => [`${name}: calls`, `${name}: ms`]),
    rows: Object.fromEntries(kept),
  });
  say("\nraw milliseconds");
  for (const [key, { seconds }] of results) say(`${key}: ${seconds.map((one) => (one * 1000).toFixed(0)).join(" ")}`);
}

try {
  const [cpu] = cpus();
  process.stdout.write(`${cpus().length} × ${cpu?.model}, Node ${process.version}, ${ROUNDS} rounds, medians\n`);
  for (const roundTripMs of ROUND_TRIPS) print(roundTripMs, await measure(roundTripMs));
} finally {
  await emulator.stop();
  await rm(dir, { recursive: true, force: true });
}
