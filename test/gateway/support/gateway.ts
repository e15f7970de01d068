/** A real gateway for a test, with its own store and certificate, and HTTPS from this process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { defined } from "../../../base/defined.js";
import type { Scope } from "../../../gateway/auth/caller.js";
import { issueToken } from "../../../gateway/auth/issue.js";
import { type Gateway, type GatewayOptions, startGateway } from "../../../gateway/serve.js";
import { parseConfig } from "../../../gateway/settings/parse.js";
import { NetNamespace } from "../../../local/network/net-namespace.js";
import { makeCertificate } from "../../agent/support/certificate.js";
import { FakeNft } from "./fake-nft.js";

export const ISSUER = "https://vlab.test";
export const SECRET = "a-secret-of-a-test-that-is-long-enough-0123456789";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  readonly json: any;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** A text goes as it is. */
  readonly body?: unknown;
}

/** `namespace` is where its nft, conntrack and fping run. */
export interface NamespacedGateway extends TestGateway {
  readonly namespace: NetNamespace;
}

export interface TestGateway {
  readonly gateway: Gateway;
  readonly port: number;
  readonly cert: string;
  readonly dir: string;
  readonly log: Array<Record<string, unknown>>;
  ask(path: string, what?: Ask): Promise<Reply>;
  stop(): Promise<void>;
}

export interface TestGatewayOptions {
  /** More keys of `auth`, as YAML flow pairs. */
  readonly auth?: string;
  readonly ports?: string;
  /** The defaults of forwards, as YAML. @default - open to all, without an end */
  readonly forwards?: string;
  /** More of gateway.yaml. DIR is the gateway's own directory. */
  readonly more?: string;
  /** @default wan0 and lan0, without addresses */
  readonly interfaces?: GatewayOptions["interfaces"];
  /** @default 198.51.100.1; null for none */
  readonly publicAddress?: null;
  /** The page, by path. */
  readonly assets?: GatewayOptions["assets"];
  /** Fills the data directory of the embedded database before the gateway opens it. */
  readonly seed?: (directory: string) => Promise<void>;
}

type GatewayPrograms = NonNullable<GatewayOptions["programs"]>;

/** A token of a user of this gateway, bound to the loopback. */
export function tokenOf(user: string, scopes: readonly Scope[] = ["read", "forward"]): Promise<string> {
  return issueToken({ issuer: ISSUER, user, scopes, lifeMs: 3_600_000, clientIp: "127.0.0.1" }, SECRET);
}

/** With the real kernel, in a network namespace of its own. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<NamespacedGateway> {
  const namespace = await NetNamespace.open("gateway");
  const [nft, conntrack, fping] = ["nft", "conntrack", "fping"].map((program) => namespace.enter([program]));
  const started = await startGatewayWith(() => defined({ nft, conntrack, fping }), options);
  return {
    ...started,
    namespace,
    async stop() {
      await started.stop();
      await namespace.close();
    },
  };
}

/** With an nft that accepts everything: no root, no kernel. */
export function startKernellessGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const programs = (dir: string) => ({
    nft: [new FakeNft(join(dir, "bin")).path],
    conntrack: ["true"],
    fping: ["true"],
  });
  return startGatewayWith(programs, options);
}

/** @param programs what the gateway runs. DIR is the gateway's own directory. */
export async function startGatewayWith(
  programs: (dir: string) => GatewayPrograms,
  options: TestGatewayOptions = {},
): Promise<TestGateway> {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-gateway-"));
  const { cert, key } = makeCertificate("IP:127.0.0.1");
  writeFileSync(join(dir, "cert"), cert);
  writeFileSync(join(dir, "key"), key, { mode: 0o600 });
  writeFileSync(join(dir, "secret"), `${SECRET}\n`, { mode: 0o600 });
  const config = parseConfig(
    `
name: test
listen: { address: "127.0.0.1", https_port: 0 }
tls: { cert: "${dir}/cert", key: "${dir}/key" }
wan: wan0
lan: lan0
${options.publicAddress === null ? "" : "public_address: 198.51.100.1"}
lab_networks: ["192.168.1.0/24", "fd00:1::/64"]
ports: ${options.ports ?? "{ min: 50000, max: 50100 }"}
database: "pglite:${dir}/db"
forwards: ${options.forwards ?? "{ sources: anywhere, expires_seconds: never }"}
worker: { tcp_probe: false }
auth: { issuer: "${ISSUER}", key: "${dir}/secret", ${options.auth ?? ""} }
${(options.more ?? "").replaceAll("DIR", dir)}
`,
    "gateway.yaml",
  );
  await options.seed?.(`${dir}/db`);
  const log: Array<Record<string, unknown>> = [];
  const logger = pino({}, { write: (line: string) => void log.push(JSON.parse(line)) });
  const gateway = await startGateway(
    config,
    defined({
      env: { HOME: dir },
      log: logger,
      assets: options.assets,
      programs: programs(dir),
      // This process may be in another namespace than its programs, which has other interfaces.
      interfaces: options.interfaces ?? { names: async () => ["lo", "wan0", "lan0"], addresses: () => ({}) },
    }),
  );
  const port = gateway.httpsPort;
  return {
    gateway,
    port,
    cert,
    dir,
    log,
    ask: (path, what) => ask({ port, ca: cert }, path, what),
    async stop() {
      await gateway.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function ask(peer: { readonly port: number; readonly ca: string }, path: string, what: Ask = {}): Promise<Reply> {
  const body =
    what.body === undefined ? undefined : typeof what.body === "string" ? what.body : JSON.stringify(what.body);
  const headers = {
    ...defined({
      "X-Auth": what.token,
      "Content-Type": body === undefined ? undefined : "application/json",
      "Content-Length": body === undefined ? undefined : String(Buffer.byteLength(body)),
    }),
    ...what.headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", ...peer, path, method: what.method ?? "GET", headers, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.once("end", () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = /json/.test(answer.headers["content-type"] ?? "") && text !== "";
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text,
            json: isJson ? JSON.parse(text) : undefined,
          });
        });
      },
    );
    sent.once("error", reject);
    sent.end(body);
  });
}
