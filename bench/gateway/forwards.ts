/** The kernel part of a create and of a delete, with more and more forwards there already. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseBlocks } from "../../gateway/forwards/block.js";
import type { Kernel } from "../../gateway/nft/kernel.js";
import { openKernel } from "../../gateway/nft/nft-kernel.js";
import { NetNamespace } from "../../local/network/net-namespace.js";
import { saveTable } from "../results.js";
import { FIRST_PORT, forwardOf, LAB, numbers, peerForwardOf } from "./numbered.js";
import { foundIptables, Peer } from "./peer.js";
import { inTurn, type SceneOptions } from "./scene.js";
import { median, printTable, short, verdict } from "./table.js";

const EXISTING = [10, 100, 1_000, 10_000] as const;
/** Our operations in a round: first one after the other, then all at once. */
const OPERATIONS = 100;
/** The peer's operations: each takes long enough to be measured alone. */
const PEER_OPERATIONS = (existing: number) => (existing >= 10_000 ? 2 : existing >= 1_000 ? 5 : 10);
/** Wait until the old connections of a delete have ended in the background, so that this load falls into no other turn. */
const SETTLE_MS = 4_500;
const WANTED = 50;
/** The number of forwards at which the goal `WANTED` applies. */
const WANTED_AT = 1_000;
/** The slowest must not be more than this many times the fastest to be called constant. */
const CONSTANT = 1.5;

interface Times {
  readonly create: number[];
  readonly delete: number[];
}

interface Contestant {
  readonly name: string;
  fill(existing: number): Promise<void>;
  round(existing: number, times: Times): Promise<void>;
  close(): Promise<void>;
}

export async function forwards({ rounds, dir }: SceneOptions): Promise<void> {
  const contestants: Contestant[] = [await ours(), await oursTogether()];
  for (const program of foundIptables()) contestants.push(await peer(program, dir));
  const results = new Map<string, Times>();
  try {
    for (const existing of EXISTING) {
      for (const each of contestants) {
        await each.fill(existing);
        // Not counted: pages, caches and code become warm.
        await each.round(existing, { create: [], delete: [] });
        results.set(`${each.name}/${existing}`, { create: [], delete: [] });
      }
      for (let round = 0; round < rounds; round += 1) {
        for (const each of inTurn(contestants, round)) {
          await each.round(existing, results.get(`${each.name}/${existing}`) as Times);
        }
      }
    }
  } finally {
    for (const each of contestants) await each.close();
  }
  report(
    contestants.map(({ name }) => name),
    results,
  );
}

function report(names: readonly string[], results: ReadonlyMap<string, Times>): void {
  for (const what of ["create", "delete"] as const) {
    const ms = (name: string, existing: number) => median(results.get(`${name}/${existing}`)?.[what] ?? []);
    const [own = ""] = names;
    const rows = names.map((name) => [name, ...EXISTING.map((existing) => short(ms(name, existing)))]);
    const ratios = names.slice(2).map((name) => [
      `${name} ÷ ours`,
      ...EXISTING.map((existing) => {
        const ratio = ms(name, existing) / ms(own, existing);
        return existing === WANTED_AT ? verdict(ratio, WANTED) : short(ratio);
      }),
    ]);
    printTable([`${what}, kernel part, ms; forwards there`, ...EXISTING.map(String)], [...rows, ...ratios]);
    saveTable(import.meta.dirname, what, {
      title: `kernel part of a ${what}; existing forwards`,
      columns: EXISTING.map((existing) => `ms at ${existing}`),
      rows: Object.fromEntries(names.map((name) => [name, EXISTING.map((existing) => ms(name, existing))])),
    });
    const all = EXISTING.map((existing) => ms(own, existing));
    const spread = Math.max(...all) / Math.min(...all);
    console.log(
      `\nours, slowest ÷ fastest: ${short(spread)} (wanted at most ${CONSTANT}: ${spread <= CONSTANT ? "met" : "missed"})`,
    );
  }
}

async function openOurs(): Promise<{ kernel: Kernel; namespace: NetNamespace }> {
  const namespace = await NetNamespace.open("ours");
  const kernel = await openKernel(
    {
      wan: "wan0",
      lan: "lan0",
      labNetworks: parseBlocks([`${LAB}.0.0/16`]),
      ownPorts: [22, 443],
      ports: { min: FIRST_PORT, max: 65_000 },
      logGroup: 51,
      onFailure: (error) => console.error(error),
      onRepaired: () => console.error("the table was repaired: the figures of this round mean nothing"),
    },
    { nft: namespace.enter(["nft"]), conntrack: namespace.enter(["conntrack"]) },
  );
  return { kernel, namespace };
}

async function ours(): Promise<Contestant> {
  const { kernel, namespace } = await openOurs();
  return {
    name: "ours",
    fill: async (existing) => void (await kernel.reconcile(numbers(existing).map(forwardOf))),
    async round(existing, times) {
      const more = numbers(OPERATIONS).map((n) => forwardOf(existing + n));
      for (const forward of more) times.create.push(await timed(() => kernel.add(forward)));
      for (const forward of more) times.delete.push(await timed(() => kernel.remove(forward)));
      await settle();
    },
    close: () => kernel.close().then(() => namespace.close()),
  };
}

/** What clients that come together cost: one transaction takes what has gathered. */
async function oursTogether(): Promise<Contestant> {
  const { kernel, namespace } = await openOurs();
  return {
    name: `ours, ${OPERATIONS} at once, each`,
    fill: async (existing) => void (await kernel.reconcile(numbers(existing).map(forwardOf))),
    async round(existing, times) {
      const more = numbers(OPERATIONS).map((n) => forwardOf(existing + n));
      const create = await timed(() => Promise.all(more.map((forward) => kernel.add(forward))));
      const remove = await timed(() => Promise.all(more.map((forward) => kernel.remove(forward))));
      times.create.push(create / OPERATIONS);
      times.delete.push(remove / OPERATIONS);
      await settle();
    },
    close: () => kernel.close().then(() => namespace.close()),
  };
}

export async function peer(program: string, dir: string): Promise<Contestant> {
  const namespace = await NetNamespace.open(program);
  const process = new Peer(namespace, ["forwards", program, join(dir, `${program}.rules`)]);
  return {
    name: program,
    fill: async (existing) => void (await process.run({ do: "fill", forwards: numbers(existing).map(peerForwardOf) })),
    async round(existing, times) {
      const more = numbers(PEER_OPERATIONS(existing)).map((n) => peerForwardOf(existing + n));
      for (const forward of more) times.create.push((await process.run({ do: "create", ...forward })).ms);
      for (const forward of more) times.delete.push((await process.run({ do: "delete", ...forward })).ms);
    },
    close: () => process.end().then(() => namespace.close()),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const settle = () => delay(SETTLE_MS);
