/**
 * Kills the bundled gateway at random moments, while eight clients work and another program changes its table. After
 * each start, the database, the kernel and the clients' answers agree.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defined } from "../../../base/defined.js";
import { issueToken } from "../../../gateway/auth/issue.js";
import { namespaceSupport } from "../../../local/machine/preflight.js";
import { seededRandom } from "../../support/random.js";
import { ISSUER, SECRET } from "../support/gateway.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";
import { Client, type Recorder } from "./client.js";
import { Database } from "./database.js";
import { judge } from "./judge.js";
import { type Daemon, Place } from "./place.js";
import { differences } from "./table.js";
import { Vandal } from "./vandal.js";

/** More of both for a long run, as in KILLS=500 OPERATIONS=10000. */
const KILLS = Number(process.env.KILLS ?? 50);
const OPERATIONS = Number(process.env.OPERATIONS ?? 1_000);
const CLIENTS = 8;
/** Two clients per owner: each removes forwards of the other. */
const OWNERS = ["ada", "bob", "eve", "dan"];
/** Few enough that the range is sometimes full. */
const PORTS = { min: 50_000, max: 50_079 };
/** Longest time from the answer that triggers a kill to the kill. */
const SPREAD_MS = 30;
/** Share of the kills during a start, and about how long a start takes. */
const EARLY = 0.15;
const START_MS = 1_000;
/** A look starts two processes. */
const BETWEEN_LOOKS_MS = 100;
/** Ends a wait for an agreement that never comes. */
const PATIENCE_MS = 120_000;
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

const support = await namespaceSupport();
const here = typeof support !== "string" && process.getuid?.() === 0;
if (!here) console.log(`skipped: no network namespaces here: ${String(support)}`);

/** One file for each database, so that both run at the same time. */
export function killTest(kind: "PGlite" | "PostgreSQL"): void {
  describe.runIf(here)(`killed, with ${kind}`, () => suite(kind));
}

function suite(kind: "PGlite" | "PostgreSQL"): void {
  let server: PostgresServer | undefined;
  let place: Place;
  let database: Database;
  let daemon: Daemon | undefined;
  const clients: Client[] = [];
  const record: Recorder & { now: number } = { now: 0, events: [], tick: () => ++record.now };
  const random = seededRandom(seed);

  beforeAll(async () => {
    if (kind === "PostgreSQL") {
      const started = await startPostgres();
      if (typeof started === "string") throw new Error(started);
      server = started;
    }
    place = await Place.open(defined({ ports: PORTS, url: server === undefined ? undefined : server.socketUrl }));
    const endpoint = { socketPath: place.socketPath, ca: place.cert };
    const tokenOf = (user: string, scopes: readonly ("read" | "forward" | "admin")[]) =>
      issueToken({ issuer: ISSUER, user, scopes, lifeMs: 3_600_000, clientIp: "127.0.0.1" }, SECRET);
    database = new Database(endpoint, await tokenOf("root", ["read", "admin"]), server?.socketUrl);
    for (let index = 0; index < CLIENTS; index += 1) {
      const owner = OWNERS[index % OWNERS.length] as string;
      const token = await tokenOf(owner, ["read", "forward"]);
      const own = seededRandom(seed + 1 + index);
      clients.push(new Client({ endpoint, name: `c${index}`, owner, token, random: own, record, ports: PORTS }));
    }
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    daemon?.kill("SIGKILL");
    await daemon?.ended;
    await database?.close();
    await place?.close();
    await server?.stop();
  });

  let rules: string | undefined;
  /** Waits until database and kernel agree, and nothing that has expired is left. */
  async function settle(): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const began = record.tick();
      const { rows, shown } = await database.read();
      const at = Date.now();
      record.events.push({ op: "look", began, ended: record.tick(), at, forwards: shown });
      const wrong = differences(rows, await place.table());
      for (const each of shown) if ((each.expiresAt ?? at) < at) wrong.push(`${each.id} has expired`);
      if (wrong.length === 0) {
        const now = await place.rules();
        rules ??= now;
        if (now === rules) return;
        wrong.push(`the rules are\n${now}`);
      }
      if (Date.now() > deadline) throw new Error(`database and kernel do not agree:\n${wrong.join("\n")}`);
      await delay(BETWEEN_LOOKS_MS);
    }
  }

  test(`${KILLS} times, ${OPERATIONS} operations (SEED=${seed})`, async ({ onTestFailed }) => {
    onTestFailed(() =>
      console.log(
        daemon?.log
          .slice(-30)
          .map((line) => JSON.stringify(line))
          .join("\n"),
      ),
    );
    console.log(`seed ${seed}, ${kind}`);
    const vandal = new Vandal(place.namespace, seededRandom(seed + 100), PORTS);
    const repaired = { times: 0 };
    let [left, kills, lost, early] = [OPERATIONS, 0, 0, 0];

    for (;;) {
      daemon = place.start();
      const isLast = kills === KILLS;
      let isOver = false;
      const tidying = random.chance(0.3) ? vandal.rage(() => isOver) : undefined;
      if (!isLast && random.chance(EARLY)) {
        await Promise.race([delay(random.next() * START_MS), daemon.ready]);
        early += 1;
      } else {
        await daemon.ready;
        isOver = true;
        await tidying;
        await settle();
        if (random.chance(0.3)) {
          await vandal.act();
          await settle();
        }
        let answers = random.below((2 * OPERATIONS) / KILLS);
        let strike = (): void => undefined;
        const blow = new Promise<void>((resolve) => {
          strike = resolve;
        });
        isOver = false;
        const work = clients.map(async (client) => {
          while (left > 0 && !isOver) {
            left -= 1;
            if (!(await client.act())) lost += 1;
            answers -= 1;
            if (answers <= 0 && !isLast) strike();
          }
        });
        const worked = Promise.all(work);
        const raging = random.chance(0.6) ? vandal.rage(() => isOver) : undefined;
        await Promise.race([blow, worked]);
        if (!isLast) {
          await delay(random.next() * SPREAD_MS);
          daemon.kill("SIGKILL");
          isOver = true;
          await daemon.ended;
          // Their requests get no answer any more.
          for (const client of clients) client.close();
        }
        await worked;
        isOver = true;
        await raging;
      }
      repaired.times += daemon.log.filter(({ event }) => event === "repaired").length;
      isOver = true;
      if (isLast) break;
      daemon.kill("SIGKILL");
      await daemon.ended;
      await tidying;
      kills += 1;
    }
    await settle();
    expect(judge(record.events)).toEqual([]);

    daemon.kill("SIGTERM");
    await daemon.ended;
    const told = { kills, early, lost, ...tally(record.events), vandal: vandal.deeds, repaired: repaired.times };
    console.log(`${kind}: ${JSON.stringify(told)}`);
    // Otherwise the kills came at moments that prove nothing.
    expect(lost).toBeGreaterThan(KILLS);
  });
}

function tally(events: Recorder["events"]) {
  const count: { [name: string]: number } = {};
  for (const event of events) {
    const answer = event.op === "look" ? "" : typeof event.answer === "object" ? " done" : ` ${event.answer}`;
    const name = `${event.op}${answer}`;
    count[name] = (count[name] ?? 0) + 1;
  }
  return count;
}
