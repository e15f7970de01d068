/** Ends the connections of a forward that is gone. */
import { isIPv6 } from "node:net";
import { Fault } from "../../base/fault.js";
import { run } from "../../base/process/run.js";
import type { Forward } from "../forwards/forward.js";

/** @param conntrack how the program is run. Nothing to end is no error. */
export async function endConnections(conntrack: readonly string[], forward: Forward): Promise<void> {
  const [program = "", ...args] = conntrack;
  const { protocol, connPort, targetAddr } = forward;
  const family = isIPv6(targetAddr) ? "ipv6" : "ipv4";
  // Only what was redirected: the same port of another machine, in the lab's own traffic, is none of ours.
  const which = ["-D", "-f", family, "-p", protocol, "--orig-port-dst", String(connPort), "--dst-nat"];
  const { exitCode, stderr } = await run(program, [...args, ...which]);
  if (exitCode === 0 || /0 flow entries/.test(stderr)) return;
  throw new Fault("nft/conntrack", `conntrack could not end connections: ${stderr.trim().split("\n", 1)[0]}`);
}
