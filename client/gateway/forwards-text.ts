/** Forwards as a table for people. Pure. */
import { table } from "../../base/text/table.js";
import type { KnownForward } from "./client.js";

const PROTOCOLS: Readonly<Record<number, string>> = { 22: "SSH", 443: "HTTPS", 3389: "RDP", 5900: "VNC" };

/** Has vLab's columns, and always the address. `alive` gives the state by machine, if known. */
export function forwardsText(
  forwards: readonly KnownForward[],
  gatewayAddress: string,
  alive: Readonly<Record<string, boolean | null>>,
): string {
  const rows = forwards.map(({ connPort, name, component, targetAddr, targetPort, protocol }) => [
    name,
    component,
    String(connPort),
    protocol === "udp" ? `UDP ${targetPort}` : (PROTOCOLS[targetPort] ?? String(targetPort)),
    `${targetAddr}:${targetPort}`,
    aliveText(alive[name]),
  ]);
  const lines = rows.length === 0 ? "no forwards" : table([HEAD, ...rows]);
  const others = forwards.flatMap((forward) => forward.gatewayAddress ?? []);
  return [lines, `Gateway IP: ${[...new Set([gatewayAddress, ...others])].join(", ")}`].join("\n");
}

const HEAD = ["Name", "Type", "Port", "Protocol", "Target", "Alive"];

function aliveText(alive: boolean | null | undefined): string {
  return alive === true ? "yes" : alive === false ? "no" : "not yet known";
}
