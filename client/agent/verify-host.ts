/**
 * Checks a host's promises from this machine: its identity, who gets in, what it refuses, and which of its ports
 * answer. Each check reports what was tried and what came back.
 */
import { TLSSocket } from "node:tls";
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import { daysLeft, RENEW_BEFORE_DAYS } from "../../certs/inspect.js";
import { HttpClient } from "../../http/client/http-client.js";
import { endpoint } from "../errors.js";
import type { Transport } from "../tls/transport.js";
import { openVerified } from "../tls/verified-socket.js";
import type { AgentClient } from "./agent-client.js";
import { type PortAnswer, probePort } from "./probe-port.js";

export type CheckStatus = "ok" | "warning" | "failed" | "skipped";

export interface Check {
  readonly name: string;
  readonly tried: string;
  readonly got: string;
  readonly verdict: CheckStatus;
}

export interface VerifyOptions {
  readonly client: AgentClient;
  /** Whether the client has a token to show. */
  readonly hasToken: boolean;
  /** Ports that must accept a connection. @default 22, 80 and the agent's */
  readonly openPorts?: readonly number[];
  /** Ports that must show no sign of a listener. @default 21, 25, 3306, 5432 and 8080, less the open ones */
  readonly closedPorts?: readonly number[];
  /** The port that must only redirect. @default 80 */
  readonly httpPort?: number;
  /** Milliseconds for each port. @default 3000 */
  readonly portTimeout?: number;
  /** Called when a check is done. */
  readonly onCheck?: (check: Check) => void;
  readonly signal?: AbortSignal;
}

type Outcome = Pick<Check, "got" | "verdict">;

/** Runs every check. Those that need an answer over HTTPS are skipped where the certificate failed. */
export async function verifyHost(options: VerifyOptions): Promise<Check[]> {
  const { client, onCheck, signal, httpPort = 80, portTimeout = 3_000 } = options;
  const { transport } = client;
  const checks: Check[] = [];
  const check = async (name: string, tried: string, attempt: () => Promise<Outcome>) => {
    const outcome = await attempt().catch(failedBy);
    checks.push({ name, tried, ...outcome });
    onCheck?.({ name, tried, ...outcome });
    return outcome.verdict;
  };

  const met = await check("certificate", `connect to ${transport.at}`, () => certificate(transport, signal));
  const overHttps = (attempt: () => Promise<Outcome>) =>
    met === "failed"
      ? async () => ({ got: "not tried: the host is not verified", verdict: "skipped" as const })
      : attempt;
  const { hasToken } = options;
  await check(
    "with the token",
    "GET /v1/files",
    overHttps(() => withToken(transport, hasToken, signal)),
  );
  await check(
    "without a token",
    "GET /v1/files",
    overHttps(() => withoutToken(transport, hasToken, signal)),
  );
  await check(
    "outside the directories",
    `GET ${ESCAPES.length} spellings of /etc/passwd`,
    overHttps(() => outside(client, signal)),
  );

  const openPorts = options.openPorts ?? [...new Set([22, 80, transport.port])];
  const closedPorts = options.closedPorts ?? [21, 25, 3306, 5432, 8080].filter((port) => !openPorts.includes(port));
  const probe = (port: number) => probePort(transport.host, port, portTimeout, signal);
  const answers = new Map(
    await Promise.all([...openPorts, ...closedPorts].map(async (port) => [port, await probe(port)] as const)),
  );
  for (const [port, answer] of answers) {
    const must = openPorts.includes(port) ? mustBeOpen : mustBeSilent;
    await check(`port ${port}`, `connect to port ${port}`, async () => must(answer));
  }
  await check("plain HTTP", `GET http on port ${httpPort}`, () => plainHttp(transport, httpPort, portTimeout, signal));
  return checks;
}

async function certificate(transport: Transport, signal: AbortSignal | undefined): Promise<Outcome> {
  const { host, port, trust } = transport;
  const socket = await openVerified(defined({ host, port, trust, signal }));
  const version = (socket instanceof TLSSocket ? socket.getProtocol() : null) ?? "TLS";
  socket.destroy();
  if (trust.kind === "plain") return { got: "plain HTTP: nothing is verified or encrypted", verdict: "warning" };
  if (trust.kind === "public") return { got: `verified by a public CA, ${version}`, verdict: "ok" };
  const days = daysLeft(trust.facts, new Date());
  const names = trust.checkHostName ? "its name checked" : "the very certificate";
  return {
    got: `verified, ${names}, SHA-256 ${trust.facts.fingerprint256}, ${days} days left, ${version}`,
    verdict: days < RENEW_BEFORE_DAYS ? "warning" : "ok",
  };
}

async function withToken(transport: Transport, hasToken: boolean, signal?: AbortSignal): Promise<Outcome> {
  if (!hasToken) return { got: "no token is configured (auth: none)", verdict: "skipped" };
  const status = await statusOf(transport, "/v1/files", true, signal);
  return { got: String(status), verdict: status === 200 ? "ok" : "failed" };
}

async function withoutToken(transport: Transport, hasToken: boolean, signal?: AbortSignal): Promise<Outcome> {
  const status = await statusOf(transport, "/v1/files", false, signal);
  if (status === 401) return { got: "401", verdict: "ok" };
  const verdict = status === 200 && !hasToken ? "warning" : "failed";
  return { got: `${status}: everyone who reaches the host may use its files`, verdict };
}

// Raw request targets, as an attacker writes them; DIR stands for an authorized directory.
const ESCAPES = [
  "/v1/files/DIR/../../etc/passwd",
  "/v1/files/DIR/../../../../../../../../etc/passwd",
  "/v1/files/DIR/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
  "/v1/files/DIR/..%2f..%2f..%2f..%2fetc%2fpasswd",
  "/v1/files/DIR/%252e%252e/%252e%252e/etc/passwd",
  "/v1/files/DIR/..%5c..%5c..%5cetc%5cpasswd",
  "/v1/files/DIR//etc/passwd",
  "/v1/files/DIR/%2Fetc%2Fpasswd",
  "/v1/files/DIR/..;/..;/etc/passwd",
  "/v1/files/../../etc/passwd",
  "/v1/files//etc/passwd",
  "/v1/files/%2Fetc/passwd",
  "/v1/files/etc/passwd",
  "/../../etc/passwd",
  "/etc/passwd",
  "/proc/self/root/etc/passwd",
];

async function outside(client: AgentClient, signal?: AbortSignal): Promise<Outcome> {
  const [first] = await client.directories(signal === undefined ? {} : { signal });
  const dir = encodeURIComponent(first?.name ?? "shared");
  const counts = new Map<number, number>();
  const through: string[] = [];
  for (const spelling of ESCAPES) {
    const path = spelling.replace("DIR", dir);
    const status = await statusOf(client.transport, path, true, signal);
    counts.set(status, (counts.get(status) ?? 0) + 1);
    if (status < 400) through.push(path);
  }
  if (through.length > 0) return { got: `answered: ${through.join(" ")}`, verdict: "failed" };
  const got = [...counts].map(([status, count]) => `${status} × ${count}`).join(", ");
  return { got, verdict: "ok" };
}

async function statusOf(
  transport: Transport,
  path: string,
  authenticated: boolean,
  signal: AbortSignal | undefined,
): Promise<number> {
  const response = await transport.send({ method: "GET", path, authenticated, anyStatus: true, signal });
  response.body.resume();
  return response.status;
}

function mustBeOpen(answer: PortAnswer): Outcome {
  return { got: answer, verdict: answer === "open" ? "ok" : "failed" };
}

function mustBeSilent(answer: PortAnswer): Outcome {
  if (answer === "open") return { got: "open", verdict: "failed" };
  if (answer === "refused")
    return { got: "refused: nothing listens, but no packet filter hides it", verdict: "warning" };
  return { got: answer, verdict: "ok" };
}

async function plainHttp(transport: Transport, port: number, timeout: number, signal?: AbortSignal): Promise<Outcome> {
  if (transport.trust.kind === "plain") return { got: "not tried: the host serves plain HTTP", verdict: "skipped" };
  const answer = await headOverPlainHttp(transport.host, port, timeout, signal);
  if (answer === undefined) return { got: "no answer", verdict: "ok" };
  const { status, location } = answer;
  const redirects = status >= 301 && status <= 308 && location.startsWith("https://");
  return { got: `${status}${redirects ? ` to ${location}` : ""}`, verdict: redirects ? "ok" : "failed" };
}

/** The request contains nothing confidential: no token, and a path that anyone may request. */
async function headOverPlainHttp(
  host: string,
  port: number,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<{ status: number; location: string } | undefined> {
  const http = new HttpClient({ keepAlive: false, connectMs: timeout, idleMs: timeout });
  try {
    const origin = `http://${endpoint(host, port)}`;
    const { status, headers } = await http.request(defined({ origin, path: "/healthz", totalMs: timeout, signal }));
    return { status, location: headers.location ?? "" };
  } catch {
    return undefined;
  } finally {
    http.close();
  }
}

function failedBy(error: unknown): Outcome {
  if (!(error instanceof Fault)) throw error;
  if (error.code === "client/aborted") throw error;
  return { got: error.message, verdict: "failed" };
}
