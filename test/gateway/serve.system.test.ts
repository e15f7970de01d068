/** The bundled daemon as a process of its own: killed without warning, it loses nothing that it answered for. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isAlive } from "../../base/process/alive.js";
import { issueToken } from "../../gateway/auth/issue.js";
import { namespaceSupport } from "../../local/machine/preflight.js";
import { NetNamespace } from "../../local/network/net-namespace.js";
import { makeCertificate } from "../agent/support/certificate.js";
import { type Program, startProgram } from "../agent/support/program.js";
import { childrenOf } from "../support/children.js";
import { bundledRuntime, nodeCommand } from "../support/compiled.js";
import { ISSUER, SECRET } from "./support/gateway.js";

const support = await namespaceSupport();
const here = typeof support !== "string" && process.getuid?.() === 0;
if (!here) console.log(`skipped: no network namespaces here: ${String(support)}`);

const splitFirst = ([program, ...args]: [string, ...string[]]) => [program, args] as const;

describe.runIf(here)("the bundled daemon", () => {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-served-"));
  let namespace: NetNamespace;
  let program: Program | undefined;
  let token: string;

  beforeAll(async () => {
    const { cert, key } = makeCertificate("IP:127.0.0.1");
    writeFileSync(join(dir, "cert"), cert);
    writeFileSync(join(dir, "key"), key, { mode: 0o600 });
    writeFileSync(join(dir, "secret"), SECRET, { mode: 0o600 });
    writeFileSync(
      join(dir, "gateway.yaml"),
      `
name: served
listen: { address: "127.0.0.1", https_port: 8443 }
tls: { cert: "${dir}/cert", key: "${dir}/key" }
wan: wan0
lan: lan0
lab_networks: ["192.168.1.0/24"]
database: "pglite:${dir}/db"
auth: { issuer: "${ISSUER}", key: "${dir}/secret" }
`,
    );
    namespace = await NetNamespace.open("served");
    await namespace.runOk("ip", ["link", "add", "wan0", "type", "veth", "peer", "name", "lan0"]);
    await namespace.runOk("ip", ["address", "add", "198.51.100.1/24", "dev", "wan0"]);
    for (const name of ["wan0", "lan0"]) await namespace.runOk("ip", ["link", "set", name, "up"]);
    const scopes = ["read", "forward"] as const;
    token = await issueToken({ issuer: ISSUER, user: "ada", scopes, lifeMs: 600_000, clientIp: "127.0.0.1" }, SECRET);
  });
  afterAll(async () => {
    program?.child.kill("SIGKILL");
    await namespace?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** The daemon shares the namespace's network and nothing else of it. */
  async function start(): Promise<Program> {
    const wrapper = join(dir, "start.mjs");
    const [command = "", ...args] = namespace.enter([
      process.execPath,
      join(bundledRuntime, "gateway.mjs"),
      "serve",
      "--config",
      join(dir, "gateway.yaml"),
    ]);
    // nsenter becomes the daemon: the process that is killed is the daemon itself.
    writeFileSync(
      wrapper,
      `import { spawn } from "node:child_process";
const child = spawn(${JSON.stringify(command)}, ${JSON.stringify(args)}, { stdio: "inherit" });
console.log(JSON.stringify({ event: "spawned", pid: child.pid }));
child.once("exit", (code) => process.exit(code ?? 1));`,
    );
    const started = startProgram(wrapper, [], { PATH: process.env.PATH, HOME: dir });
    await started.event("listening");
    return started;
  }

  async function ask(method: string, path: string, body?: unknown): Promise<string> {
    const config = [
      `header = "X-Auth: ${token}"`,
      `cacert = "${dir}/cert"`,
      `request = ${method}`,
      `url = "https://127.0.0.1:8443${path}"`,
      ...(body === undefined ? [] : [`data = ${JSON.stringify(JSON.stringify(body))}`]),
    ];
    return (await namespace.runOk("curl", ["-s", "-K", "-"], { input: config.join("\n") })).stdout;
  }

  const target = (port: number) => ({
    target_addr: "192.168.1.11",
    target_port: port,
    target_name: "m",
    target_component: "CentOS",
  });

  test("G-15: SIGKILL and a new start: what was opened is open, what was closed is closed", async () => {
    program = await start();
    for (const port of [22, 80, 443]) await ask("POST", "/api/1/ipam/portmap", target(port));
    await ask("DELETE", "/api/1/ipam/portmap", { conn_port: 50_001 });
    const pid = Number((await program.event("spawned")).pid);
    const children = childrenOf(pid);
    const commands = children.map((child) => readFileSync(`/proc/${child.pid}/cmdline`, "utf8").replaceAll("\0", " "));
    expect(commands).toEqual(expect.arrayContaining(["nft -i ", "nft monitor "]));
    process.kill(pid, "SIGKILL");
    await program.ended;
    // G-15: they end with it.
    await expect.poll(() => children.filter(isAlive)).toEqual([]);
    await namespace.runOk("nft", ["flush", "ruleset"]);

    program = await start();
    const { forwards } = JSON.parse(await ask("GET", "/v1/forwards"));
    expect(forwards.map((each: Record<string, unknown>) => [each.conn_port, each.target_port])).toEqual([
      [50_000, 22],
      [50_002, 443],
    ]);
    const table = (await namespace.runOk("nft", ["list", "table", "inet", "sallyport"])).stdout;
    expect(table).toMatch(/ \. 50000 /);
    expect(table).toMatch(/ \. 50002 /);
    expect(table).not.toMatch(/ \. 50001 /);
    expect(JSON.parse(await ask("GET", "/readyz"))).toEqual({
      ready: true,
      checks: { database: "ok", kernel: "ok", wan: "ok", lan: "ok" },
    });
  });

  test("G-03: the command checks the same file, in the place of the daemon's own bundle", async () => {
    const check = async (file: string, ...more: string[]) => {
      const { exitCode, stdout, stderr } = await namespace.run(
        ...splitFirst(nodeCommand("cli/main.ts", ["gateway", "check", "--config", file, ...more])),
        { env: { PATH: process.env.PATH, HOME: dir }, inheritEnv: false },
      );
      return [exitCode, stdout, stderr];
    };
    const file = join(dir, "gateway.yaml");
    expect(await check(file)).toEqual([0, `"${file}" is in order`, ""]);
    expect(await check("/nowhere.yaml")).toEqual([
      2,
      "",
      'error: there is no configuration file "/nowhere.yaml"\n  name one with --config FILE',
    ]);
    expect(await check(file, "--json")).toEqual([0, JSON.stringify({ config: file, ok: true }), ""]);
    const [code, stdout, stderr] = await check("/nowhere.yaml", "--json");
    expect([code, stdout, JSON.parse(String(stderr)).error.code]).toEqual([2, "", "gateway/config-missing"]);
  });

  test("SIGHUP takes a new certificate; SIGTERM ends it in good order", async () => {
    if (program === undefined) throw new Error("not started");
    const pid = Number((await program.event("spawned")).pid);
    const { cert, key } = makeCertificate("IP:127.0.0.1");
    writeFileSync(join(dir, "cert"), cert);
    writeFileSync(join(dir, "key"), key);
    process.kill(pid, "SIGHUP");
    await program.event("reloaded");
    expect(await ask("GET", "/healthz")).toBe('{"status":"ok"}');
    process.kill(pid, "SIGTERM");
    expect((await program.ended).code).toBe(0);
  });
});
