/** Where the bundled daemon runs and is killed: its own namespace and files, and a socket for clients outside. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { defined } from "../../../base/defined.js";
import { withParentDeath } from "../../../base/process/spawn.js";
import { NetNamespace } from "../../../local/network/net-namespace.js";
import { makeCertificate } from "../../agent/support/certificate.js";
import { bundledRuntime, nodeCommand } from "../../support/compiled.js";
import { ISSUER, SECRET } from "../support/gateway.js";

const PORT = 8443;

export interface PlaceOptions {
  readonly ports: { readonly min: number; readonly max: number };
  /** postgresql:// URL. @default - PGlite */
  readonly url?: string;
}

export interface Daemon {
  /** Its log. */
  readonly log: Array<Record<string, unknown>>;
  /** Resolves when it serves. @throws if it ends before. */
  readonly ready: Promise<void>;
  readonly ended: Promise<unknown>;
  kill(signal: NodeJS.Signals): void;
}

export class Place {
  private constructor(
    readonly dir: string,
    readonly namespace: NetNamespace,
    readonly cert: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static async open({ ports, url }: PlaceOptions): Promise<Place> {
    const dir = mkdtempSync(join(tmpdir(), "sallyport-killed-"));
    const { cert, key } = makeCertificate("IP:127.0.0.1");
    writeFileSync(join(dir, "cert"), cert);
    writeFileSync(join(dir, "key"), key, { mode: 0o600 });
    writeFileSync(join(dir, "secret"), SECRET, { mode: 0o600 });
    writeFileSync(
      join(dir, "gateway.yaml"),
      `
name: killed
listen: { address: "127.0.0.1", https_port: ${PORT} }
tls: { cert: "${dir}/cert", key: "${dir}/key" }
wan: wan0
lan: lan0
public_address: 198.51.100.1
lab_networks: ["192.168.1.0/24", "fd00:1::/64"]
ports: { min: ${ports.min}, max: ${ports.max} }
database: "${url === undefined ? `pglite:${dir}/db` : "env:DATABASE_URL"}"
worker: { tcp_probe: false }
forwards: { sources: anywhere, expires_seconds: never }
auth: { issuer: "${ISSUER}", key: "${dir}/secret" }
`,
    );
    const namespace = await NetNamespace.open("killed");
    await namespace.runOk("ip", ["link", "add", "wan0", "type", "veth", "peer", "name", "lan0"]);
    const env = defined({ PATH: process.env.PATH, HOME: dir, DATABASE_URL: url });
    const place = new Place(dir, namespace, cert, env);
    await place.#openRelay();
    return place;
  }

  /** What clients outside connect to. */
  get socketPath(): string {
    return join(this.dir, "endpoint");
  }

  start(): Daemon {
    const child = this.#spawn([join(bundledRuntime, "gateway.mjs"), "serve", "--config", `${this.dir}/gateway.yaml`]);
    const ended = once(child, "close");
    const log: Daemon["log"] = [];
    let stderr = "";
    child.stderr?.on("data", (chunk) => {
      stderr += chunk;
    });
    const ready = new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
        const entry = JSON.parse(line);
        log.push(entry);
        if (entry.event === "listening") resolve();
      });
      void ended.then(() => reject(new Error(`the daemon ended: ${stderr}`)));
    });
    ready.catch(() => undefined);
    return { log, ready, ended, kill: (signal) => void child.kill(signal) };
  }

  /** The table as nft's JSON; empty if it has just been deleted. */
  async table(): Promise<unknown> {
    const { exitCode, stdout } = await this.namespace.run("nft", ["-j", "list", "table", "inet", "sallyport"]);
    return exitCode === 0 ? JSON.parse(stdout) : {};
  }

  /** The rules without elements and counters, as text. */
  async rules(): Promise<string> {
    return (await this.namespace.run("nft", ["-s", "-t", "list", "table", "inet", "sallyport"])).stdout;
  }

  async close(): Promise<void> {
    await this.namespace.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async #openRelay(): Promise<void> {
    const [, ...relay] = nodeCommand(join(import.meta.dirname, "relay-main.ts"), [this.socketPath, String(PORT)]);
    const child = this.#spawn(relay);
    await once(child.stdout as NodeJS.ReadableStream, "data");
  }

  /** Runs Node in the namespace. Each wrapper execs the next program, so the killed process is Node itself. */
  #spawn(args: readonly string[]): ChildProcess {
    const [program = "", ...rest] = withParentDeath(this.namespace.enter([process.execPath, ...args]));
    return spawn(program, rest, { env: this.env, stdio: ["ignore", "pipe", "pipe"] });
  }
}
