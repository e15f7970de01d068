/**
 * The gateway as its users live with it: two clients, three lab machines, and between them only the
 * shipped daemon. Everything is asked through the real `sallyport`, started where the client is.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { Server as NetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { spawnWithParentDeath } from "../../base/process/spawn.js";
import { namespaceSupport } from "../../local/machine/preflight.js";
import { makeCertificate } from "../agent/support/certificate.js";
import type { Program } from "../agent/support/program.js";
import { openSshd, type Sshd } from "../client/support/sshd.js";
import { run, runOk } from "../support/run.js";
import { startDaemon, writeDaemonFiles } from "./support/daemon.js";
import {
  type ClientName,
  clientAddress,
  LAB_NETWORKS,
  Lab,
  labAddress,
  labAddress6,
  type MachineName,
  WAN,
} from "./support/lab.js";
import { greetingFrom, serveEcho, serveUdpEcho, udpReply } from "./support/traffic.js";
import { User } from "./support/users.js";

const support = await namespaceSupport();
const here = typeof support !== "string" && process.getuid?.() === 0;
if (!here) console.log(`skipped: no network namespaces here: ${String(support)}`);

const GATEWAY = `https://${WAN.address}`;
const WEB_NAME = "build1.lab.test";
const PAGE = `${"data of the lab\n".repeat(65_536)}end\n`;
const SSH = ["connect", "--name", "build1", "--protocol", "ssh", "--user", "root"];

describe.runIf(here)("a lab and its users", () => {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-scenario-"));
  let lab: Lab;
  let sshd: Sshd & { close(): Promise<void> };
  let web: { readonly https: Server; readonly sockets: readonly NetServer[]; readonly cert: string };
  let daemon: Program;
  let ada: User;
  let bob: User;
  const enders: Array<() => unknown> = [];

  beforeAll(async () => {
    lab = await Lab.open();
    const [lab1, lab2, lab3] = (["lab1", "lab2", "lab3"] as const).map((name) => lab.machine(name));
    if (lab1 === undefined || lab2 === undefined || lab3 === undefined) throw new Error("no lab");
    const sshDir = join(dir, "sshd");
    mkdirSync(sshDir);
    sshd = await openSshd(sshDir, {
      listen: { address: "0.0.0.0", port: 22 },
      enter: (command) => lab1.enter(command),
    });
    web = await serveWeb(lab);
    await Promise.all([serveUdpEcho(lab1), serveEcho(lab2, 2222)]);
    // lab2 drops ICMP and answers TCP; lab3 is dead.
    const drop = "type filter hook input priority filter; policy accept; icmp type echo-request drop";
    await lab2.runOk("nft", ["-f", "-"], { input: `table inet lab {\nchain block {\n${drop}\n}\n}\n` });
    await lab3.runOk("ip", ["link", "set", "eth0", "down"]);

    writeDaemonFiles({
      dir,
      names: `IP:${WAN.address},IP:${WAN.address6}`,
      settings: `
lab_networks: ${JSON.stringify(LAB_NETWORKS)}
database: "pglite:${dir}/db"
worker: { every_seconds: 2 }
`,
    });
    daemon = await startDaemon(lab.gateway, dir);

    const agentSocket = await startSshAgent();
    const user = (name: string, client: ClientName) =>
      User.come({
        name,
        address: clientAddress(client),
        client: lab.machine(client),
        gatewayDir: dir,
        gateway: GATEWAY,
        agentSocket,
      });
    ada = await user("ada", "client1");
    bob = await user("bob", "client2");
  });
  afterAll(async () => {
    daemon?.child.kill("SIGTERM");
    await daemon?.ended;
    for (const end of enders) await end();
    web?.https.close();
    for (const socket of web?.sockets ?? []) socket.close();
    await sshd?.close();
    await lab?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** ssh looks for keys in the account's own home, which is not the test's: an agent is what can be handed over. */
  async function startSshAgent(): Promise<string> {
    const socket = join(dir, "agent.sock");
    const agent = spawnWithParentDeath(["ssh-agent", "-D", "-a", socket]);
    enders.push(() => agent.kill());
    // 2: there is no agent yet; 1: there is, and it has no keys.
    while ((await run("ssh-add", ["-l"], { env: { SSH_AUTH_SOCK: socket } })).exitCode === 2) await delay(20);
    await runOk("ssh-add", ["-q", sshd.keyPair.privatePath], { env: { SSH_AUTH_SOCK: socket } });
    return socket;
  }

  async function serveWeb({ machine }: Pick<Lab, "machine">) {
    const { cert, key } = makeCertificate(`DNS:${WEB_NAME}`);
    const https = createServer({ cert, key }, (request, response) => {
      response.setHeader("X-Peer", String(request.socket.remoteAddress));
      response.end(PAGE);
    });
    const on = machine.call(lab, "lab1");
    const sockets = [await on.listen("0.0.0.0", 443), await on.listen("::", 8443)];
    for (const socket of sockets) socket.on("connection", (connection) => https.emit("connection", connection));
    writeFileSync(join(dir, "web-cert"), cert);
    return { https, sockets, cert };
  }

  /** Over verified HTTPS to the lab's server, through a port of the gateway. @returns the body, or curl's status. */
  async function fetchFrom(from: ClientName | MachineName, address: string, port: number): Promise<string | number> {
    const to = `${WEB_NAME}:${port}:${address.includes(":") ? `[${address}]` : address}:${port}`;
    const how = [
      "-sS",
      "--max-time",
      "10",
      "--connect-timeout",
      "2",
      "--cacert",
      join(dir, "web-cert"),
      "--connect-to",
      to,
    ];
    const { exitCode, stdout } = await lab.machine(from).run("curl", [...how, `https://${WEB_NAME}:${port}/`]);
    return exitCode === 0 ? `${stdout}\n` : exitCode;
  }

  test("without a forward no one gets in, and connect says so", async () => {
    expect(await ada.run(...SSH, "--", "true")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("No mapping rule for ssh to build1 exists"),
    });
  });

  test("connect opens a forward and runs a command over ssh; a strange host key is taken only when told to", async () => {
    const create = [...SSH, "--create", "--address", labAddress("lab1")];
    const refused = await ada.run(...create, "--", "hostname");
    expect(refused.stderr).toContain("Host key verification failed");
    expect(refused.code).toBe(255);
    // The forward is there; what was missing was trust.
    const told = await ada.run(...SSH, "--accept-new", "--", "echo", "$SSH_CONNECTION");
    expect(told.stderr).toContain(`build1 is at ${WAN.address} port 50000`);
    // The machine sees who it really is.
    expect(told.stdout).toMatch(new RegExp(`^${clientAddress("client1")} \\d+ ${labAddress("lab1")} 22\n$`));
    // Now it is known, under the machine's name; and the status is the command's.
    expect(await ada.run(...SSH, "--", "exit 23")).toMatchObject({ code: 23 });
  });

  test("connect prints a browser's command, and HTTPS data comes through the forward", async () => {
    const web1 = ["connect", "--name", "build1", "--protocol", "https", "--create"];
    const { stdout } = await ada.run(...web1, "--print");
    expect(stdout).toMatch(/^\S*xdg-open https:\/\/198\.51\.100\.1:50001\n$/);
    expect(await fetchFrom("client1", WAN.address, 50_001)).toBe(PAGE);
  });

  test("usage shows what went through, and for whom", async () => {
    const { forwards } = await ada.json("portmap", "list");
    expect(forwards.map((each: { conn_port: number }) => each.conn_port)).toEqual([50_000, 50_001]);
    const used = async (port: number) => {
      const answer = await ada.json("usage", "build1", "--since", "1h");
      return answer.used.find((each: { conn_port: number }) => each.conn_port === port);
    };
    await expect.poll(() => used(50_001), { interval: 500 }).toMatchObject({ owner: "ada", connections: 1 });
    const { bytes } = await used(50_001);
    // Both directions, with headers: more than the page, and not twice as much.
    expect(bytes).toBeGreaterThan(PAGE.length);
    expect(bytes).toBeLessThan(PAGE.length * 1.5);
    expect((await used(50_000)).connections).toBe(3);
    expect((await bob.json("usage")).used).toEqual([]);
  });

  test("another user's token gets nothing: no list, no removal, no way in", async () => {
    expect((await bob.json("portmap", "list")).forwards).toEqual([]);
    expect(await bob.json("portmap", "rm", "50000", "build1")).toEqual({ removed: [], absent: ["50000", "build1"] });
    expect(await bob.run(...SSH, "--", "true")).toMatchObject({ code: 3, stdout: "" });
    expect((await ada.json("portmap", "list")).forwards).toHaveLength(2);
  });

  test("another client's address gets nothing: the token is bound to one, and so is a forward with sources", async () => {
    const stolen = ada.at(lab.machine("client2"));
    const refused = await stolen.run("portmap", "list");
    expect(refused.stderr).toContain(
      `Token generated by ${clientAddress("client1")}, but sent from ${clientAddress("client2")}`,
    );
    expect(refused.code).toBe(4);
    expect((await stolen.run(...SSH, "--", "true")).code).toBe(4);

    const own = ["--target-port", "443", "--conn-port", "50010", "--from", `${clientAddress("client1")}/32`];
    await ada.json("portmap", "add", "build1", ...own);
    expect(await fetchFrom("client1", WAN.address, 50_010)).toBe(PAGE);
    // 28: nothing answered.
    expect(await fetchFrom("client2", WAN.address, 50_010)).toBe(28);
  });

  test("a removed forward ends a running ssh session", async () => {
    const session = ada.start(...SSH, "--", "while echo tick; do sleep 0.05; done");
    await expect.poll(() => session.stdout()).toContain("tick\ntick");
    const removing = ada.start("portmap", "rm", "50000");
    await expect.poll(() => removing.stdout(), { interval: 5 }).toContain("removed 50000");
    const from = performance.now();
    const ended = await Promise.race([session.ended, new Promise((resolve) => setTimeout(resolve, 10_000, "goes on"))]);
    console.log(`the session ended ${(performance.now() - from).toFixed(0)} ms after the command said so`);
    expect(ended).toBe(255);
    // What ssh says of a reset, by whether it reads or writes first; an orderly end is "closed by remote host".
    expect(session.stderr()).toMatch(/Connection reset by peer|Broken pipe/);
    expect(await removing.ended).toBe(0);
    expect(await ada.run(...SSH, "--", "true")).toMatchObject({ code: 3 });
  });

  test("hairpin: a lab machine reaches another by the gateway's address", async () => {
    expect(await fetchFrom("lab2", WAN.address, 50_001)).toBe(PAGE);
    expect(await fetchFrom("lab1", WAN.address, 50_001)).toBe(PAGE);
  });

  test("UDP carries data", async () => {
    const { conn_port } = await ada.json("portmap", "add", "build1", "--udp", "--target-port", "7");
    expect(await udpReply(lab.machine("client1"), WAN.address, conn_port)).toBe("udp probe");
  });

  test("IPv6 carries data", async () => {
    const six = ["--type", "centos", "--address", labAddress6("lab1"), "--target-port", "8443"];
    const { conn_port, gateway_ip } = await ada.json("portmap", "add", "build1-6", ...six);
    expect(gateway_ip).toBe(WAN.address6);
    expect(await fetchFrom("client1", gateway_ip, conn_port)).toBe(PAGE);
    const how = await ada.json("connect", "--name", "build1-6", "--protocol", "https", "--target-port", "8443");
    expect(how.args).toEqual([`https://[${WAN.address6}]:${conn_port}`]);
  });

  test("V-30: alive is true; dead is false; dropping ICMP but answering TCP is true", async () => {
    const add = (name: string, machine: MachineName) =>
      ada.json("portmap", "add", name, "--type", "centos", "--address", labAddress(machine), "--target-port", "2222");
    const quiet = await add("quiet", "lab2");
    await add("dead", "lab3");
    expect(await greetingFrom(lab.machine("client1"), WAN.address, quiet.conn_port)).toMatch(/^hello /);
    const alive = async () => {
      const { forwards } = await ada.json("portmap", "list");
      return Object.fromEntries(
        forwards.map((each: { name: string; routable: unknown }) => [each.name, each.routable]),
      );
    };
    await expect.poll(alive, { interval: 500 }).toEqual({ build1: true, "build1-6": true, quiet: true, dead: false });
  });

  test("SIGTERM ends the daemon in good order, amid a sweep as well, and what it wrote has no token in it", async () => {
    const children = async () => (await run("ps", ["--ppid", String(daemon.pid), "-o", "comm="])).stdout;
    await expect.poll(children, { interval: 20 }).toContain("fping");
    process.kill(daemon.pid, "SIGTERM");
    expect(await daemon.ended).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.stringify(daemon.log)).not.toMatch(/eyJ/);
    expect(daemon.log.filter(({ level }) => level === "error")).toEqual([]);
  });
});
