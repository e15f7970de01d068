/** A real agent on free ports with its own directories, and a canary beside them that must never be served. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { type Agent, type AgentOptions, startAgent } from "../../../agent/serve.js";
import { parseConfig } from "../../../agent/settings/parse.js";
import { defined } from "../../../base/defined.js";
import { makeCertificate } from "./certificate.js";
import { type Ask, ask, type Peer, type Reply, send } from "./wire.js";

export const TOKEN = "test-token-0123456789abcdefghijklmnop";
export const BEARER = { Authorization: `Bearer ${TOKEN}` };
export const CANARY = "CANARY-4f1d-bytes-that-must-never-leave";
// Long enough that no command warns of its end.
const pair = makeCertificate("DNS:*", 90);

export interface TestAgent extends Peer {
  readonly agent: Agent;
  /** The plain port: a redirect, or the same API where `tls: false`. */
  readonly plain: Peer;
  /** Parent of everything; "canary" lies in it. */
  readonly base: string;
  /** Authorized as "shared" (rw) and "data" (ro). */
  readonly shared: string;
  readonly data: string;
  readonly log: Array<Record<string, unknown>>;
  /** Its agent.yaml. */
  readonly source: string;
  ask(target: string, what?: Ask): Promise<Reply>;
  send(bytes: string | Uint8Array): Promise<Buffer>;
  stop(): Promise<void>;
}

export interface TestAgentOptions {
  /** More lines of agent.yaml. */
  readonly yaml?: string;
  readonly tls?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly limits?: AgentOptions["limits"];
  readonly sshDir?: string;
  readonly logins?: AgentOptions["logins"];
  /** Made before the agent starts. */
  readonly arrange?: (base: string) => void;
}

export async function startTestAgent(options: TestAgentOptions = {}): Promise<TestAgent> {
  const base = mkdtempSync(join(tmpdir(), "sallyport-agent-"));
  const home = join(base, "home");
  const shared = join(home, "shared");
  const data = join(base, "data");
  mkdirSync(shared, { recursive: true });
  mkdirSync(data);
  writeFileSync(join(base, "canary"), CANARY);
  writeFileSync(join(home, "canary"), CANARY);
  writeFileSync(join(base, "cert"), pair.cert);
  writeFileSync(join(base, "key"), pair.key, { mode: 0o600 });
  writeFileSync(join(base, "token"), `${TOKEN}\n`, { mode: 0o600 });
  options.arrange?.(base);

  const tls = options.tls === false ? "false" : `{ cert: "${base}/cert", key: "${base}/key" }`;
  const source = `
name: test-host
listen: { address: "127.0.0.1", https_port: 0, http_port: 0 }
tls: ${tls}
token: ${base}/token
authorized_host_dirs:
  - { name: shared, path: "~/shared", mode: rw }
  - { name: data, path: ${data}, mode: ro }
${options.yaml ?? ""}`;
  const log: Array<Record<string, unknown>> = [];
  const agent = await startAgent(
    parseConfig(source, "agent.yaml"),
    defined({
      env: { ...options.env, HOME: home },
      log: pino({ base: null }, { write: (line: string) => void log.push(JSON.parse(line)) }),
      limits: { graceMs: 100, ...options.limits },
      sshDir: options.sshDir,
      logins: options.logins,
    }),
  );
  const plain = { port: agent.httpPort ?? 0 };
  const peer: Peer = agent.httpsPort === undefined ? plain : { port: agent.httpsPort, ca: pair.cert };
  return {
    ...peer,
    plain,
    agent,
    base,
    shared,
    data,
    log,
    source,
    ask: (target, what = {}) => ask(peer, target, { ...what, headers: { ...BEARER, ...what.headers } }),
    send: (bytes) => send(peer, bytes),
    async stop() {
      await agent.close();
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** The access-log line of the request with this id; it is written when the connection is done with it. */
export async function logged(agent: TestAgent, id: string | undefined): Promise<Record<string, unknown>> {
  for (;;) {
    const line = agent.log.find((entry) => entry.id === id);
    if (line !== undefined) return line;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
