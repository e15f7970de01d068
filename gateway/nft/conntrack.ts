/** Ends the connections of a forward that was removed. */
import { isIPv6 } from "node:net";
import { run } from "../../base/process/run.js";
import type { Forward } from "../forwards/forward.js";
import { conntrackFailed } from "./errors.js";

export interface ConntrackOptions {
  /** How conntrack is run. */
  readonly conntrack: readonly string[];
  readonly limitMs: number;
}

/** Succeeds also when there is no connection to end. */
export async function endConnections(forward: Forward, { conntrack, limitMs }: ConntrackOptions): Promise<void> {
  const [program = "", ...args] = conntrack;
  const { protocol, connPort, targetAddr } = forward;
  const family = isIPv6(targetAddr) ? "ipv6" : "ipv4";
  // Only redirected connections: the lab's own traffic may use the same port of another machine.
  const filter = ["-D", "-f", family, "-p", protocol, "--orig-port-dst", String(connPort), "--dst-nat"];
  const { exitCode, stderr } = await run(program, [...args, ...filter], { timeoutMs: limitMs, endsWithUs: true });
  if (exitCode !== 0 && !/0 flow entries/.test(stderr)) throw conntrackFailed(stderr);
}
