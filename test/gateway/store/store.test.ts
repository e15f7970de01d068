/** The store says the same on both databases. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extract } from "tar";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { defined } from "../../../base/defined.js";
import { packageRoot } from "../../../base/tools.js";
import type { ForwardRequest } from "../../../gateway/forwards/forward.js";
import { openPgliteStore } from "../../../gateway/store/pglite.js";
import { openPostgresStore } from "../../../gateway/store/postgresql.js";
import type { Store } from "../../../gateway/store/store.js";
import { aRequest } from "../support/a-forward.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";

const RANGE = { min: 50_000, max: 50_004 };

let dir = "";
let server: PostgresServer | string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sallyport-store-"));
  server = await startPostgres();
  // initdb writes a thousand files: on a busy machine that takes its time.
});
afterAll(async () => {
  if (typeof server !== "string") await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const kinds = ["PGlite", "PostgreSQL"] as const;
describe.each(kinds)("%s", (kind) => {
  // Opening PGlite takes seconds of CPU time, so the tests share a store.
  let opened: Store | undefined;
  async function open(): Promise<Store> {
    if (typeof server === "string" && kind === "PostgreSQL") throw new Error(server);
    opened ??= await (typeof server === "string" || kind === "PGlite"
      ? openPgliteStore(join(dir, "db"))
      : openPostgresStore(server.url));
    return opened;
  }
  async function reopen(): Promise<Store> {
    await opened?.close();
    opened = undefined;
    return open();
  }
  afterEach(async () => {
    const store = await open();
    for (const { connPort } of await store.list()) await store.remove(connPort);
  });
  afterAll(() => opened?.close());

  test("V-11: the lowest free port each time, until the range is full", async () => {
    const store = await open();
    const made = await Promise.all(Array.from({ length: 5 }, () => store.create(aRequest(), RANGE)));
    expect(made.map((each) => each.outcome === "created" && each.forward.connPort).sort()).toEqual([
      50_000, 50_001, 50_002, 50_003, 50_004,
    ]);
    expect(await store.create(aRequest(), RANGE)).toEqual({ outcome: "full" });
    expect((await store.remove(50_003))?.connPort).toBe(50_003);
    expect(await store.create(aRequest(), RANGE)).toMatchObject({ outcome: "created", forward: { connPort: 50_003 } });
  });

  test("a wanted port is given, or refused where it is another's", async () => {
    const store = await open();
    expect(await store.create(aRequest({ connPort: 50_002 }), RANGE)).toMatchObject({ outcome: "created" });
    expect(await store.create(aRequest({ connPort: 50_002, owner: "eve" }), RANGE)).toEqual({
      outcome: "taken",
      connPort: 50_002,
    });
    expect(await store.create(aRequest(), RANGE)).toMatchObject({ forward: { connPort: 50_000 } });
  });

  test("V-11: a port whose forward could not be written stays free", async () => {
    const store = await open();
    await expect(store.create(aRequest({ protocol: "icmp" as "tcp" }), RANGE)).rejects.toThrow(
      "forwards_protocol_check",
    );
    expect(await store.create(aRequest(), RANGE)).toMatchObject({ outcome: "created", forward: { connPort: 50_000 } });
  });

  test("V-12: the same owner and key give the same forward; another owner's key is another's", async () => {
    const store = await open();
    const first = await store.create(aRequest({ key: "k1" }), RANGE);
    const again = await store.create(aRequest({ key: "k1", targetPort: 3389 }), RANGE);
    expect(first).toMatchObject({ outcome: "created" });
    expect(again).toEqual({ ...first, outcome: "existing" });
    expect(await store.create(aRequest({ key: "k1", owner: "eve" }), RANGE)).toMatchObject({
      outcome: "created",
      forward: { connPort: 50_001 },
    });
  });

  test("V-13: filters are exact and combined; a per cent sign or a quote is an ordinary letter", async () => {
    const store = await open();
    await store.create(aRequest({ targetName: "100%" }), RANGE);
    await store.create(aRequest({ targetName: "1000" }), RANGE);
    await store.create(aRequest({ targetName: "x' or '1'='1" }), RANGE);
    const ports = async (filter: Parameters<Store["list"]>[0]) => (await store.list(filter)).map((f) => f.connPort);
    expect(await ports({ targetName: "100%" })).toEqual([50_000]);
    expect(await ports({ targetName: "x' or '1'='1" })).toEqual([50_002]);
    expect(await ports({ targetName: "1000", targetPort: 23 })).toEqual([]);
    expect(await ports({ owner: "ada", targetPort: 22 })).toEqual([50_000, 50_001, 50_002]);
  });

  test("V-14: a removal is by its owner only, happens once, and holds after the store is opened again", async () => {
    const store = await open();
    await store.create(aRequest({ sources: ["198.51.100.0/24"], expiresAt: 4_000_000_000_000 }), RANGE);
    const kept = await store.list();
    expect(await store.remove(50_000, "eve")).toBeUndefined();
    const reopened = await reopen();
    expect(await reopened.list()).toEqual(kept);
    expect(await reopened.remove(50_000, "ada")).toEqual(kept[0]);
    expect(await reopened.remove(50_000, "ada")).toBeUndefined();
    expect(await (await reopen()).list()).toEqual([]);
  });

  test("V-12, V-14: what comes at once shares a commit, and each gets its own answer", async () => {
    const store = await open();
    const keys = ["k1", "k1", "k2", undefined];
    const made = await Promise.all(keys.map((key) => store.create(aRequest(defined({ key })), RANGE)));
    expect(made.map(({ outcome }) => outcome).sort()).toEqual(["created", "created", "created", "existing"]);
    expect(made[0]).toHaveProperty("forward", (made[1] as { forward: unknown }).forward);
    const ports = (await store.list()).map(({ connPort }) => connPort);
    expect(ports).toHaveLength(3);

    const [first = 0, second = 0] = ports;
    const removed = await Promise.all([
      store.remove(50_004),
      store.remove(first, "eve"),
      store.remove(first, "ada"),
      store.remove(first),
      store.remove(second),
    ]);
    expect(removed.map((forward) => forward?.connPort)).toEqual([undefined, undefined, first, undefined, second]);
    expect(await store.list()).toHaveLength(1);
  });

  test("G-10: a removal that the database refuses does not fail those that came with it", async () => {
    const store = await open();
    const ports = [50_000, 50_001, 50_002];
    for (const connPort of ports) await store.create(aRequest({ connPort }), RANGE);
    // The first one goes alone; the others share a statement.
    const removed = await Promise.allSettled([...ports, 2_147_483_648, 50_003].map((port) => store.remove(port)));
    expect(removed.map((each) => (each.status === "fulfilled" ? each.value?.connPort : "refused"))).toEqual([
      ...ports,
      "refused",
      undefined,
    ]);
    expect(await store.list()).toEqual([]);
  });

  test("G-10: a filter with a NUL, which no value has, finds nothing", async () => {
    const store = await open();
    await store.create(aRequest(), RANGE);
    for (const name of ["targetName", "targetAddr", "targetComponent", "owner"]) {
      expect(await store.list({ [name]: "a\0b" }), name).toEqual([]);
    }
    expect(await store.usage({ owner: "\0", since: 0 })).toEqual([]);
  });

  test("what has expired goes, and nothing else", async () => {
    const store = await open();
    await store.create(aRequest({ expiresAt: 1_000 }), RANGE);
    await store.create(aRequest({ expiresAt: 3_000 }), RANGE);
    await store.create(aRequest(), RANGE);
    expect((await store.removeExpired(2_000)).map(({ connPort }) => connPort)).toEqual([50_000]);
    expect((await store.list()).map(({ connPort }) => connPort)).toEqual([50_001, 50_002]);
  });

  test("V-15: machines are the distinct names and addresses, each address with its own liveness", async () => {
    const store = await open();
    await store.create(aRequest(), RANGE);
    await store.create(aRequest({ targetPort: 3389 }), RANGE);
    await store.create(aRequest({ targetAddr: "192.168.1.6" }), RANGE);
    const [first, second] = await store.machines();
    expect([first?.routable, second?.routable]).toEqual([null, null]);
    const known = { name: "win", component: "Windows", disagreeing: 0, checkedAt: 5_000 };
    await store.saveMachines(
      [
        { ...known, addr: "192.168.1.5", routable: true, lastSeen: 5_000 },
        { ...known, addr: "192.168.1.6", routable: false },
      ],
      [{ at: 5_000, addr: "192.168.1.6", routable: false }],
    );
    expect(await store.machines()).toEqual([
      { ...known, addr: "192.168.1.5", routable: true, lastSeen: 5_000 },
      { ...known, addr: "192.168.1.6", routable: false },
    ]);
    expect(await store.history("192.168.1.6", 0)).toEqual([{ at: 5_000, addr: "192.168.1.6", routable: false }]);
    expect(await store.history("192.168.1.6", 5_001)).toEqual([]);
  });

  test("who opened and ended which forward is recorded by the statement that does it", async () => {
    const store = await open();
    const addr = kind === "PGlite" ? "192.168.1.77" : "192.168.1.78";
    const since = Date.now();
    const request = (more: Partial<ForwardRequest>) => aRequest({ targetAddr: addr, targetName: "kept", ...more });
    await Promise.all([
      store.create(request({ connPort: 50_000 }), RANGE),
      store.create(request({ connPort: 50_001, by: "root" }), RANGE),
      store.create(request({ connPort: 50_002, owner: "eve", expiresAt: 1_000 }), RANGE),
    ]);
    // Refused, and so not recorded.
    await store.create(request({ connPort: 50_000, owner: "eve" }), RANGE);
    await store.removeExpired(since + 1);
    await Promise.all([
      store.remove(50_000, "eve", "eve"),
      store.remove(50_000, "ada", "ada"),
      store.remove(50_000, undefined, "root"),
      store.remove(50_001, undefined, "root"),
    ]);
    const events = await store.events({ addr, since });
    expect(events.map(({ kind, connPort, owner, by }) => [kind, connPort, owner, by])).toEqual(
      expect.arrayContaining([
        ["opened", 50_000, "ada", "ada"],
        ["opened", 50_001, "ada", "root"],
        ["opened", 50_002, "eve", "eve"],
        ["expired", 50_002, "eve", undefined],
        ["closed", 50_000, "ada", "ada"],
        ["closed", 50_001, "ada", "root"],
      ]),
    );
    expect(events).toHaveLength(6);
    expect((await store.events({ addr, since, owner: "eve" })).map(({ kind }) => kind)).toEqual(["opened", "expired"]);
    expect(await store.events({ addr, since, owner: "\0" })).toEqual([]);
    const target = { name: "kept", addr, component: "Windows" };
    expect(await store.pastTargets({ since, owner: "eve" })).toEqual([target]);
    const [opened] = events;
    const sample = { forwardId: String(opened?.forwardId), connPort: 50_000, owner: "ada", minute: since };
    await store.addUsage([{ ...sample, packets: 1, bytes: 7, connections: 1 }]);
    expect((await store.usage({ addr, since: 0 })).map(({ bytes }) => bytes)).toEqual([7]);
    expect(await store.usage({ addr: "192.168.1.79", since: 0 })).toEqual([]);
    const changes = [since - 3, since - 2, since + 60_000].map((at) => ({ at, addr, routable: true }));
    await store.saveMachines([{ ...target, routable: true, disagreeing: 0 }], changes);
    await store.forget(since + 30_000);
    expect(await store.pastTargets({ since: 0 })).toEqual([]);
    expect(await store.usage({ since: 0 })).toEqual([]);
    // The last change before says what the machine was at that time.
    expect((await store.history(addr, 0)).map(({ at }) => at - since)).toEqual([-2, 60_000]);
    expect(await store.liveness()).toContainEqual({ ...target, routable: true, disagreeing: 0 });
  });

  test("usage of one minute adds up", async () => {
    const store = await open();
    const forwardId = `f-${kind}`;
    const sample = {
      forwardId,
      connPort: 50_000,
      owner: "ada",
      minute: 60_000,
      packets: 3,
      bytes: 2 ** 40,
      connections: 1,
    };
    await store.addUsage([sample]);
    await store.addUsage([{ ...sample, packets: 2, bytes: 1, connections: 0 }]);
    expect(await store.usage({ owner: "ada", since: 0 })).toEqual([
      { ...sample, packets: 5, bytes: 2 ** 40 + 1, connections: 1 },
    ]);
    expect(await store.usage({ owner: "eve", since: 0 })).toEqual([]);
  });
});

test("V-23: PostgreSQL tells a gateway what another one changed, and not what it changed itself", async (ctx) => {
  if (typeof server === "string") return ctx.skip(server);
  const [one, other] = [await openPostgresStore(server.url), await openPostgresStore(server.url)];
  const heard: string[] = [];
  one.onForeignChange(() => heard.push("one"));
  const told = new Promise<void>((resolve) => other.onForeignChange(resolve));
  await expect
    .poll(async () => {
      const made = await one.create(aRequest(), RANGE);
      if (made.outcome === "created") await one.remove(made.forward.connPort);
      return Promise.race([told.then(() => true), new Promise((resolve) => setImmediate(resolve, false))]);
    })
    .toBe(true);
  expect(heard).toEqual([]);
  await one.close();
  await other.close();
});

test("two gateways on one PostgreSQL never give out the same port", async (ctx) => {
  if (typeof server === "string") return ctx.skip(server);
  const [one, other] = [await openPostgresStore(server.url), await openPostgresStore(server.url)];
  const range = { min: 50_000, max: 50_039 };
  const made = await Promise.all(
    Array.from({ length: 41 }, (_, i) => (i % 2 === 0 ? one : other).create(aRequest(), range)),
  );
  const ports = made.flatMap((each) => (each.outcome === "created" ? [each.forward.connPort] : []));
  expect(new Set(ports).size).toBe(40);
  expect(made.filter(({ outcome }) => outcome === "full")).toHaveLength(1);
  for (const port of ports) await one.remove(port);
  await one.close();
  await other.close();
});

test("G-12: what an interrupted first start has left is no database, and does not disturb the next", async () => {
  const directory = join(dir, "interrupted");
  await mkdir(join(`${directory}.new`, "base"), { recursive: true });
  await writeFile(join(`${directory}.new`, "base", "half"), "");
  const store = await openPgliteStore(directory);
  expect(await store.list()).toEqual([]);
  await store.close();
  expect(await readdir(join(directory, "base"))).not.toContain("half");
});

test("G-12: the first start unpacks the database that the build has prepared, and makes none itself", async (ctx) => {
  const prepared = join(packageRoot, "dist/runtime/pglite-new.tar.gz");
  if (!existsSync(prepared)) return ctx.skip("there is no prepared database (npm run build)");
  // initdb gives each database a number of its own, which stays.
  const numberOf = async (directory: string) =>
    (await readFile(join(directory, "global/pg_control"))).readBigUInt64LE(0);
  const [directory, unpacked] = [join(dir, "first"), join(dir, "unpacked")];
  await mkdir(unpacked);
  await extract({ file: prepared, cwd: unpacked });
  await (await openPgliteStore(directory)).close();
  expect(await numberOf(directory)).toBe(await numberOf(unpacked));
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
});

test("one PGlite directory serves one process", async () => {
  const directory = join(dir, "alone");
  const store = await openPgliteStore(directory);
  await expect(openPgliteStore(directory)).rejects.toThrow(`the database "${directory}" is in use by process`);
  await store.close();
  await (await openPgliteStore(directory)).close();
});
