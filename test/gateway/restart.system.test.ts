/** What a gateway promises over its own death, with each of its databases: the shipped daemon, killed and started again. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { namespaceSupport } from "../../local/machine/preflight.js";
import type { Program } from "../agent/support/program.js";
import { HANGS_MS, runOk } from "../support/run.js";
import { startDaemon, writeDaemonFiles } from "./support/daemon.js";
import { clientAddress, LAB_NETWORKS, Lab, labAddress, WAN } from "./support/lab.js";
import { type PostgresServer, startPostgres } from "./support/postgres.js";
import { greetingFrom, type Held, hold, probePort, serveEcho } from "./support/traffic.js";
import { User } from "./support/users.js";

const support = await namespaceSupport();
const here = typeof support !== "string" && process.getuid?.() === 0;
if (!here) console.log(`skipped: no network namespaces here: ${String(support)}`);
const postgres = here ? await startPostgres() : undefined;
if (typeof postgres === "string") console.log(`skipped: ${postgres}`);
const server = postgres as PostgresServer | undefined;
afterAll(() => (typeof postgres === "object" ? postgres.stop() : undefined));

const DATABASES = [
  { kind: "pglite", database: "pglite:~/db", env: {}, isHere: here },
  {
    kind: "postgresql",
    database: "env:DATABASE_URL",
    env: { DATABASE_URL: server?.socketUrl },
    isHere: typeof postgres === "object",
  },
] as const;

describe.each(DATABASES)("the shipped daemon on $kind", ({ kind, database, env, isHere }) => {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-databases-"));
  const hello = `hello ${clientAddress("client1")}`;
  let lab: Lab;
  let daemon: Program;
  let ada: User;

  beforeAll(async () => {
    if (!isHere) return;
    lab = await Lab.open();
    await serveEcho(lab.machine("lab1"), 2222);
    const settings = `lab_networks: ${JSON.stringify(LAB_NETWORKS)}\ndatabase: "${database}"\n`;
    writeDaemonFiles({ dir, names: `IP:${WAN.address}`, settings });
    ada = await User.come({
      name: "ada",
      address: clientAddress("client1"),
      client: lab.machine("client1"),
      gatewayDir: dir,
      gateway: `https://${WAN.address}`,
    });
  });
  afterAll(async () => {
    daemon?.child.kill("SIGKILL");
    await daemon?.ended;
    await lab?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const start = async () => {
    daemon = await startDaemon(lab.gateway, dir, { env });
    return daemon.event("listening");
  };
  const kill = async () => {
    process.kill(daemon.pid, "SIGKILL");
    expect((await daemon.ended).signal).toBe("SIGKILL");
  };
  const add = (connPort: number) => {
    const where = ["--type", "centos", "--address", labAddress("lab1"), "--target-port", "2222"];
    return ada.json("portmap", "add", "build1", ...where, "--conn-port", String(connPort));
  };
  const ports = async (): Promise<number[]> => {
    const { forwards } = await ada.json("portmap", "list");
    return forwards.map((each: { conn_port: number }) => each.conn_port);
  };
  const kernelPorts = async () => {
    const { stdout } = await lab.gateway.runOk("nft", ["list", "map", "inet", "sallyport", "target4"]);
    return [...stdout.matchAll(/tcp \. (\d+) /g)].map(([, port]) => Number(port));
  };
  const greeting = (port: number) => greetingFrom(lab.machine("client1"), WAN.address, port);

  test.runIf(isHere)("it is the database that was configured", async () => {
    expect((await start()).store).toBe(kind);
    if (server === undefined || kind !== "postgresql") return;
    const { stdout } = await runOk("psql", ["-XAtc", "show server_version", server.url]);
    console.log(`PostgreSQL ${stdout}`);
    expect(Number.parseInt(stdout, 10)).toBeGreaterThanOrEqual(15);
  });

  test.runIf(isHere)("what was opened outlives SIGKILL and a reboot, and carries data again", async () => {
    for (const port of [50_000, 50_001, 50_002]) await add(port);
    expect(await greeting(50_001)).toBe(hello);
    await kill();
    // A reboot leaves no rules.
    await lab.gateway.runOk("nft", ["flush", "ruleset"]);
    await start();
    expect(await ports()).toEqual([50_000, 50_001, 50_002]);
    expect(await kernelPorts()).toEqual([50_000, 50_001, 50_002]);
    expect(await greeting(50_001)).toBe(hello);
  });

  test.runIf(isHere)(
    "what was closed stays closed: killed right after the answer, and after one more start",
    async () => {
      const held: Held = await hold(lab.machine("client1"), WAN.address, 50_001);
      const kept: Held = await hold(lab.machine("client1"), WAN.address, 50_002);
      expect(await held.say("before")).toBe("before");
      expect(await kept.say("before")).toBe("before");
      expect((await ada.json("portmap", "rm", "50001")).removed).toHaveLength(1);
      await kill();
      for (const time of ["once", "twice"]) {
        await start();
        expect(await ports()).toEqual([50_000, 50_002]);
        expect(await kernelPorts()).toEqual([50_000, 50_002]);
        expect(await probePort(lab.machine("client1"), WAN.address, 50_001)).toBe("TimeoutError");
        if (time === "once") await kill();
      }
      // A connection that was silent all the while has ended with its forward; another's goes on.
      expect(await held.say("after")).toBe("ConnectionResetError");
      expect(await kept.say("after")).toBe("after");
      await held.close();
      await kept.close();
    },
  );

  test.runIf(isHere)("a forward whose time is up while the gateway is dead is gone with its connections", async () => {
    const where = ["--target-port", "2222", "--conn-port", "50005", "--for", "10s"];
    await ada.json("portmap", "add", "build1", ...where);
    const held = await hold(lab.machine("client1"), WAN.address, 50_005);
    await kill();
    expect(await held.say("nobody is there to end it")).toBe("nobody is there to end it");
    await expect
      .poll(
        async () => {
          await start();
          const left = await kernelPorts();
          if (left.includes(50_005)) await kill();
          return left;
        },
        { timeout: HANGS_MS, interval: 500 },
      )
      .toEqual([50_000, 50_002]);
    expect(await held.say("after")).toBe("ConnectionResetError");
    await held.close();
  });

  // PGlite is in the gateway's own process: it is away only with it.
  if (kind !== "postgresql") return;

  test.runIf(isHere)(
    "a database that is away is 503 and changes nothing; when it is back, so is the gateway",
    async () => {
      const header = join(dir, "header");
      const token = readFileSync(join(ada.home, "token"), "utf8").trim();
      writeFileSync(header, `X-Auth: ${token}`, { mode: 0o600 });
      const ask = async (method: string, body?: unknown) => {
        const data = body === undefined ? [] : ["--json", JSON.stringify(body)];
        const quiet = ["--silent", "--cacert", join(dir, "cert"), "--header", `@${header}`, "--request", method];
        const shown = ["--write-out", "\n%{http_code}"];
        const url = `https://${WAN.address}/v1/forwards`;
        const { stdout } = await lab.machine("client1").runOk("curl", [...quiet, ...shown, ...data, url]);
        const [text = "", status = ""] = stdout.trim().split(/\n(?=\d+$)/);
        return { status: Number(status), json: JSON.parse(text) };
      };
      const target = { target_name: "build1", target_component: "CentOS", target_addr: labAddress("lab1") };
      const wanted = { ...target, target_port: 2222, conn_port: 50_007 };
      await server?.whileAway(async () => {
        for (const answer of [await ask("GET"), await ask("POST", wanted)]) {
          expect(answer.status).toBe(503);
          expect(answer.json).toMatchObject({ type: "urn:sallyport:problem:database-gone" });
        }
        expect(await kernelPorts()).toEqual([50_000, 50_002]);
        expect(await greeting(50_000)).toBe(hello);
      });
      await expect.poll(async () => (await ask("GET")).status).toBe(200);
      expect(await ports()).toEqual([50_000, 50_002]);
      expect((await ask("POST", wanted)).status).toBe(201);
      expect(await greeting(50_007)).toBe(hello);
    },
  );
});
