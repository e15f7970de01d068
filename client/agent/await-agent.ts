/**
 * Waits for a booting host: polls its agent, on the very port and with the very trust that will be used, until it
 * answers or the time is up.
 *
 * A wrong certificate ends the wait at once. A booting host refuses connections or is silent; a peer with another
 * certificate is not the host.
 */
import { setTimeout as delay } from "node:timers/promises";
import { defined } from "../../base/defined.js";
import { EXIT, Fault } from "../../base/fault.js";
import { aborted } from "../errors.js";
import type { Trust } from "../tls/trust.js";
import { AgentClient } from "./agent-client.js";
import { probePort } from "./probe-port.js";

export type BootVerdict = "ready" | "late" | "alarm";

export interface BootReport {
  readonly verdict: BootVerdict;
  /** The outcome of the last attempt: `refused`, `no answer` … */
  readonly seen: string;
  /** Milliseconds from the first attempt to the end of the wait. */
  readonly ms: number;
}

export interface AwaitOptions {
  readonly host: string;
  /** @default 443, or 80 without TLS */
  readonly port?: number;
  readonly trust: Trust;
  /** The host runs no agent, so its SSH port is probed instead. @default false */
  readonly sshOnly?: boolean;
  /** @default 22 */
  readonly sshPort?: number;
  /** Milliseconds. */
  readonly timeout: number;
  /** Milliseconds between two attempts. @default 1000 */
  readonly poll?: number;
  /** Called with the outcome of an attempt whenever it differs from the previous one. */
  readonly onSeen?: (seen: string) => void;
  readonly signal?: AbortSignal;
}

/** Milliseconds for one attempt. A packet filter that is not open yet stays silent. */
const ATTEMPT_MS = 5_000;

/** @throws Fault `client/aborted`; every other outcome is in the report. */
export async function awaitAgent(options: AwaitOptions): Promise<BootReport> {
  const { timeout, poll = 1_000, signal, sshPort = 22 } = options;
  const from = performance.now();
  const left = () => timeout - (performance.now() - from);
  let seen = "";
  for (;;) {
    const limit = Math.max(Math.min(ATTEMPT_MS, left()), 1);
    const met = options.sshOnly === true ? await trySsh(options, sshPort, limit) : await tryAgent(options, limit);
    if (met.seen !== seen) options.onSeen?.(met.seen);
    seen = met.seen;
    if (met.verdict !== "late") return { ...met, ms: performance.now() - from };
    if (left() <= poll) break;
    await delay(poll, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
  // Distinguishes a machine that does not boot from one whose agent does not start.
  const ssh = options.sshOnly === true ? "" : `; SSH: ${await probePort(options.host, sshPort, 3_000, signal)}`;
  return { verdict: "late", seen: `${seen}${ssh}`, ms: performance.now() - from };
}

type Met = Pick<BootReport, "verdict" | "seen">;

async function tryAgent({ host, port, trust, signal }: AwaitOptions, limit: number): Promise<Met> {
  const client = new AgentClient(
    defined({
      host,
      trust,
      connectTimeout: limit,
      idleTimeout: limit,
      port,
      signal,
    }),
  );
  try {
    await client.health();
    return { verdict: "ready", seen: "ready" };
  } catch (error) {
    if (!(error instanceof Fault) || error.exit === EXIT.interrupted) throw error;
    return judge(error);
  } finally {
    client.close();
  }
}

/** The faults that are usual while a machine boots. For any other, the report has its message. */
const USUAL: Readonly<Record<string, string>> = {
  "client/refused": "refused",
  "client/no-answer": "no answer",
  "client/unreachable": "unreachable",
};

function judge(fault: Fault): Met {
  const isForeign = ["client/foreign-certificate", "client/wrong-name", "client/certificate-expired"];
  return isForeign.includes(fault.code)
    ? { verdict: "alarm", seen: fault.message }
    : { verdict: "late", seen: USUAL[fault.code] ?? fault.message };
}

async function trySsh({ host, signal }: AwaitOptions, port: number, limit: number): Promise<Met> {
  const answer = await probePort(host, port, limit, signal);
  if (signal?.aborted === true) throw aborted(signal.reason);
  return answer === "open" ? { verdict: "ready", seen: "ready" } : { verdict: "late", seen: answer };
}
