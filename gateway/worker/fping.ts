/** Sends ICMP echo requests to many addresses at once. */
import { isIPv6 } from "node:net";
import { mapLimit } from "../../base/async/pool.js";
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import { run } from "../../base/process/run.js";

/** With more addresses per process, replies overflow fping's socket buffer and live machines look dead. */
const CHUNK = 128;
/** Processes side by side: a sweep of 1,000 addresses takes as long as one chunk. */
const MAX_PROCESSES = 8;

/** Three requests, two seconds each; one reply is enough. */
const OPTIONS = ["-q", "-c3", "-p1000", "-t2000", "-i1"];

export interface SweepOptions {
  /** How fping is run; in tests, inside a namespace. @default the program on PATH */
  readonly fping?: readonly string[];
  /** Interface towards the lab. */
  readonly device?: string;
  readonly signal?: AbortSignal;
}

/** @returns the addresses that answered. @throws Fault if fping cannot run: then no address is known dead. */
export async function sweep(addresses: readonly string[], options: SweepOptions = {}): Promise<Set<string>> {
  const chunks = [false, true].flatMap((v6) => chunked(addresses.filter((address) => isIPv6(address) === v6)));
  const answered = await mapLimit(chunks, MAX_PROCESSES, (chunk) => ping(chunk, options));
  return new Set(answered.flat());
}

async function ping(addresses: readonly string[], options: SweepOptions): Promise<string[]> {
  const [program = "", ...args] = options.fping ?? ["fping"];
  const family = isIPv6(addresses[0] ?? "") ? "-6" : "-4";
  const device = options.device === undefined ? [] : ["-I", options.device];
  const { exitCode, stderr } = await run(
    program,
    [...args, family, ...OPTIONS, ...device],
    defined({
      input: `${addresses.join("\n")}\n`,
      signal: options.signal,
      endsWithUs: true,
    }),
  );
  // 0: all answered; 1: some did not; 2: an address was not found; more: fping itself failed. With a missing
  // interface fping carries on and reports every machine dead, so that counts as a failure too.
  const unbound = /^binding to specific interface.*$/m.exec(stderr)?.[0];
  if (exitCode > 2 || unbound !== undefined) {
    const said = unbound ?? stderr.trim().split("\n").at(-1);
    throw new Fault("worker/fping", `fping failed with status ${exitCode}: ${said}`);
  }
  return answered(stderr);
}

/** The addresses with at least one reply in fping's summary (`ADDR : xmt/rcv/%loss = 3/2/33%, …`). */
export function answered(summary: string): string[] {
  return summary.split("\n").flatMap((line) => {
    const [, address, received] = /^(\S+)\s+: xmt\/rcv\/%loss = \d+\/(\d+)\//.exec(line) ?? [];
    return address !== undefined && Number(received) > 0 ? [address] : [];
  });
}

function chunked(addresses: readonly string[]): string[][] {
  const chunks: string[][] = [];
  for (let at = 0; at < addresses.length; at += CHUNK) chunks.push(addresses.slice(at, at + CHUNK));
  return chunks;
}
