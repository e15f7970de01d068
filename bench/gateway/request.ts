/** The whole request, HTTPS, database commit and kernel, against the peer's kernel part alone. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startPostgres } from "../../test/gateway/support/postgres.js";
import { saveTable } from "../results.js";
import { Client, type Daemon, startDaemon } from "./daemon.js";
import { peer } from "./forwards.js";
import { LAB } from "./numbered.js";
import { foundIptables } from "./peer.js";
import { inTurn, type SceneOptions } from "./scene.js";
import { median, printTable, short, verdict } from "./table.js";

const EXISTING = [10, 1_000] as const;
const CLIENTS = [1, 8] as const;
/** Creates of a round, then as many deletes, by all clients together. */
const OPERATIONS = { 1: 100, 8: 400 } as const;
const WANTED = 8;
/** Creates per second by 8 clients. */
const WANTED_RATE = 500;
/** The number of forwards at which the goal `WANTED` applies. */
const WANTED_AT = 1_000;
/** Wait until the old connections of a delete have ended in the background, so that this load falls into no other turn. */
const SETTLE_MS = 6_000;

/** Milliseconds of each operation, and operations per second of each round. */
interface Measured {
  readonly create: number[];
  readonly delete: number[];
  readonly createRate: number[];
  readonly deleteRate: number[];
}

interface Contestant {
  readonly name: string;
  fill(existing: number): Promise<void>;
  round(existing: number, results: Measured): Promise<void>;
  close(): Promise<void>;
}

export async function request({ rounds, dir, runtime }: SceneOptions): Promise<void> {
  execFileSync("ip", ["link", "add", "wan0", "type", "bridge"]);
  execFileSync("ip", ["link", "add", "lan0", "type", "bridge"]);
  execFileSync("ip", ["address", "add", `${LAB}.255.1/16`, "dev", "lan0"]);
  execFileSync("ip", ["link", "set", "lan0", "up"]);
  const contestants: Contestant[] = [];
  const results = new Map<string, Measured>();
  // Two gateways in one network would write over each other's table: one database after the other.
  const stores = [pglite, postgresql];
  try {
    for (const program of foundIptables()) {
      const kernelPart = await peer(program, dir);
      contestants.push({ ...kernelPart, name: `${program}, kernel part alone` });
    }
    for (const [index, open] of stores.entries()) {
      const daemon = await open(runtime, join(dir, `daemon-${index}`), 8_443 + index);
      if (daemon === undefined) continue;
      const own = CLIENTS.map((clients) =>
        ours(`${daemon.name}, ${clients} client${clients > 1 ? "s" : ""}`, daemon, clients),
      );
      // The peer is measured beside each of them; its figures are those of all the run.
      for (const existing of EXISTING) {
        const all = [...own, ...contestants];
        for (const each of all) {
          await each.fill(existing);
          await each.round(existing, nothing());
        }
        for (let round = 0; round < rounds; round += 1) {
          for (const each of inTurn(all, round)) {
            const key = `${each.name}/${existing}`;
            if (!results.has(key)) results.set(key, nothing());
            await each.round(existing, results.get(key) as Measured);
          }
        }
      }
      for (const each of own) await each.close();
      await daemon.stop();
    }
  } finally {
    for (const each of contestants) await each.close();
  }
  report(
    results,
    contestants.map(({ name }) => name),
  );
}

function report(results: ReadonlyMap<string, Measured>, peers: readonly string[]): void {
  const names = [...new Set([...results.keys()].map((key) => key.slice(0, key.lastIndexOf("/"))))];
  const own = names.filter((name) => !peers.includes(name));
  for (const existing of EXISTING) {
    const of = (name: string) => results.get(`${name}/${existing}`) ?? nothing();
    const rows = [...own, ...peers].map((name) => {
      const { create, delete: removal, createRate, deleteRate } = of(name);
      const isPeer = peers.includes(name);
      const rate = median(createRate);
      return [
        name,
        short(median(create)),
        short(median(removal)),
        isPeer ? "–" : name.includes("8 clients") ? verdict(rate, WANTED_RATE) : short(rate),
        isPeer ? "–" : short(median(deleteRate)),
        ...peers.flatMap((other) =>
          isPeer
            ? ["–", "–"]
            : (["create", "delete"] as const).map((what) => {
                // What a client waits for where there is one; what one costs where they come together.
                const cost = 1000 / median(what === "create" ? createRate : deleteRate);
                const ratio = median(of(other)[what]) / cost;
                return existing === WANTED_AT ? verdict(ratio, WANTED) : short(ratio);
              }),
        ),
      ];
    });
    const ratios = peers.flatMap((name) => [`create: ${name} ÷ this`, `delete: ${name} ÷ this`]);
    const columns = ["create, ms", "delete, ms", "creates/s", "deletes/s"];
    printTable([`${existing} forwards there`, ...columns, ...ratios], rows);
    const values = ({ create, delete: removal, createRate, deleteRate }: Measured) =>
      [create, removal, createRate, deleteRate].map(median);
    saveTable(import.meta.dirname, `request-${existing}`, {
      title: `whole request with ${existing} existing forwards; of peers the kernel part alone`,
      columns,
      rows: Object.fromEntries([...own, ...peers].map((name) => [name, values(of(name))])),
    });
  }
}

const nothing = (): Measured => ({ create: [], delete: [], createRate: [], deleteRate: [] });

interface OwnDaemon extends Daemon {
  readonly name: string;
}

async function pglite(runtime: string, dir: string, port: number): Promise<OwnDaemon> {
  const daemon = await startDaemon({ runtime, dir, port, database: `pglite:${dir}/db` });
  return { ...daemon, name: "ours, PGlite" };
}

/** With fsync on, as PostgreSQL has it by default. */
async function postgresql(runtime: string, dir: string, port: number): Promise<OwnDaemon | undefined> {
  const server = await startPostgres();
  if (typeof server === "string") {
    console.log(`without PostgreSQL: ${server}`);
    return undefined;
  }
  const daemon = await startDaemon({
    runtime,
    dir,
    port,
    database: "env:DATABASE_URL",
    env: { DATABASE_URL: server.url },
  });
  return { ...daemon, name: "ours, PostgreSQL", stop: () => daemon.stop().then(() => server.stop()) };
}

/** What is there already is shared by all that ask one daemon. */
const filled = new WeakMap<Daemon, number>();

function ours(name: string, daemon: Daemon, count: (typeof CLIENTS)[number]): Contestant {
  let clients: Client[] = [];
  const connect = async () => {
    clients = Array.from({ length: count }, () => new Client(daemon));
    await Promise.all(clients.map((client) => client.connect()));
  };
  // The daemon ends connections that are idle for long: each turn has its own.
  const disconnect = () => {
    for (const client of clients) client.close();
  };
  const each = async <T>(work: readonly T[], how: (client: Client, item: T) => Promise<void>) => {
    const left = [...work];
    const turn = async (client: Client) => {
      for (let item = left.pop(); item !== undefined; item = left.pop()) await how(client, item);
    };
    await Promise.all(clients.map(turn));
  };
  return {
    name,
    async fill(existing) {
      const there = filled.get(daemon) ?? 0;
      const more = Array.from({ length: Math.max(existing - there, 0) }, (_, index) => there + index);
      await connect();
      await each(more, async (client, n) => void (await client.create(n)));
      disconnect();
      filled.set(daemon, Math.max(there, existing));
    },
    async round(_existing, results) {
      const ports: number[] = [];
      const operations = Array.from({ length: OPERATIONS[count] }, (_, n) => n);
      await connect();
      const creating = performance.now();
      await each(operations, async (client, n) => {
        const started = performance.now();
        ports.push(await client.create(n));
        results.create.push(performance.now() - started);
      });
      const deleting = performance.now();
      await each([...ports], async (client, port) => {
        const started = performance.now();
        await client.remove(port);
        results.delete.push(performance.now() - started);
      });
      const ended = performance.now();
      disconnect();
      results.createRate.push((operations.length * 1000) / (deleting - creating));
      results.deleteRate.push((operations.length * 1000) / (ended - deleting));
      await delay(SETTLE_MS);
    },
    close: async () => disconnect(),
  };
}
