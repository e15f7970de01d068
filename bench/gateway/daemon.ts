/** The bundled daemon as it is shipped, with its database, in the network of this process; and clients of it. */
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { defined } from "../../base/defined.js";
import { endChild, spawnWithParentDeath } from "../../base/process/spawn.js";
import { issueToken } from "../../gateway/auth/issue.js";
import { makeCertificate } from "../../test/agent/support/certificate.js";
import { FIRST_PORT, LAB } from "./numbered.js";

const ISSUER = "https://bench.test";
const SECRET = "a-secret-of-a-bench-that-is-long-enough-0123456789";
/** Machines that forwards lead to: users open several ports of each. */
const MACHINES = 64;

export interface Daemon {
  readonly port: number;
  readonly ca: string;
  readonly token: string;
  stop(): Promise<void>;
}

export interface DaemonOptions {
  /** Where the bundled daemon lies. */
  readonly runtime: string;
  readonly dir: string;
  readonly port: number;
  /** As `database` in gateway.yaml. */
  readonly database: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** @returns once it listens. */
export async function startDaemon({ runtime, dir, port, database, env = {} }: DaemonOptions): Promise<Daemon> {
  mkdirSync(dir, { recursive: true });
  const { cert, key } = makeCertificate("IP:127.0.0.1");
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text, { mode: 0o600 });
  write("cert", cert);
  write("key", key);
  write("secret", SECRET);
  write(
    "gateway.yaml",
    `
name: bench
listen: { address: "127.0.0.1", https_port: ${port} }
tls: { cert: "${dir}/cert", key: "${dir}/key" }
wan: wan0
lan: lan0
public_address: 198.51.100.1
lab_networks: ["${LAB}.0.0/16"]
ports: { min: ${FIRST_PORT}, max: 32000 }
database: "${database}"
forwards: { sources: anywhere, expires_seconds: never }
worker: { tcp_probe: false }
auth: { issuer: "${ISSUER}", key: "${dir}/secret" }
`,
  );
  const log = join(dir, "log");
  const out = openSync(log, "w");
  const child = spawnWithParentDeath(
    [shippedNode(runtime), join(runtime, "gateway.mjs"), "serve", "--config", join(dir, "gateway.yaml")],
    { stdio: ["ignore", out, "inherit"], env: { PATH: process.env.PATH, HOME: dir, ...env } },
  );
  closeSync(out);
  while (!readFileSync(log, "utf8").includes('"listening"')) {
    if (child.exitCode !== null) throw new Error(`the daemon ended with status ${child.exitCode}`);
    await delay(50);
  }
  const scopes = ["read", "forward"] as const;
  const token = await issueToken(
    { issuer: ISSUER, user: "bench", scopes, lifeMs: 3_600_000, clientIp: "127.0.0.1" },
    SECRET,
  );
  const stop = async () => {
    await endChild(child, 30_000);
    const failures = readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => /"level":"error"|"event":"repaired"/.test(line));
    for (const line of failures.slice(0, 5)) console.error(line);
    if (failures.length > 5) console.error(`and ${failures.length - 5} more of them`);
  };
  return { port, ca: cert, token, stop };
}

/** What hosts run; where the build could not fetch it, the one that runs this. */
function shippedNode(runtime: string): string {
  const name = readdirSync(runtime).find((file) => /^node-.*-linux-/.test(file));
  return name === undefined ? process.execPath : join(runtime, name);
}

/** One client: one connection, kept alive. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly daemon: Daemon) {}

  async connect(): Promise<void> {
    await this.#ask("GET", "/healthz");
  }

  /** @returns the port that was opened. */
  async create(n: number): Promise<number> {
    const forward = {
      target_addr: `${LAB}.1.${(n % MACHINES) + 1}`,
      target_port: (n % 60_000) + 1,
      target_name: `machine ${n % MACHINES}`,
      target_component: "CentOS",
    };
    const { status, text } = await this.#ask("POST", "/v1/forwards", JSON.stringify(forward));
    if (status !== 201) throw new Error(`a create was answered with ${status}: ${text}`);
    return JSON.parse(text).conn_port;
  }

  async remove(port: number): Promise<void> {
    const { status, text } = await this.#ask("DELETE", `/v1/forwards/${port}`);
    if (status !== 204) throw new Error(`a delete was answered with ${status}: ${text}`);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #ask(method: string, path: string, body = ""): Promise<{ status: number; text: string }> {
    const { port, ca, token } = this.daemon;
    const headers = defined({
      "X-Auth": token,
      "Content-Type": body === "" ? undefined : "application/json",
      "Content-Length": body === "" ? undefined : Buffer.byteLength(body),
    });
    const sent = request({ host: "127.0.0.1", port, ca, path, method, headers, agent: this.#agent });
    sent.end(body);
    const [answer] = await once(sent, "response");
    let text = "";
    for await (const chunk of answer.setEncoding("utf8")) text += chunk;
    return { status: answer.statusCode, text };
  }
}
