/** Forwards as a table for people. Pure. */
import { table } from "../../base/text/table.js";
import type { KnownForward, Restrictions } from "./client.js";

const PROTOCOLS: Readonly<Record<number, string>> = { 22: "SSH", 443: "HTTPS", 3389: "RDP", 5900: "VNC" };

/** @returns "admits 198.51.100.7/32, until 2026-01-31 18:00 UTC"; empty without restrictions. */
export function restrictionsText({ sources = [], expiresAt }: Restrictions): string {
  return [
    ...(sources.length === 0 ? [] : [`admits ${sources.join(", ")}`]),
    ...(expiresAt === undefined ? [] : [`until ${expiresAt.slice(0, 16).replace("T", " ")} UTC`]),
  ].join(", ");
}

/** Has vLab's columns, and always the address. `alive` gives the state by machine, if known. */
export function forwardsText(
  forwards: readonly KnownForward[],
  gatewayAddress: string,
  alive: Readonly<Record<string, boolean | null>>,
): string {
  const isRestricted = forwards.some((forward) => restrictionsText(forward) !== "");
  const rows = forwards.map(({ connPort, name, component, targetAddr, targetPort, protocol, ...restrictions }) => [
    name,
    component,
    String(connPort),
    protocol === "udp" ? `UDP ${targetPort}` : (PROTOCOLS[targetPort] ?? String(targetPort)),
    `${targetAddr}:${targetPort}`,
    aliveText(alive[name]),
    ...(isRestricted ? [restrictionsText(restrictions)] : []),
  ]);
  const lines = rows.length === 0 ? "no forwards" : table([isRestricted ? [...HEAD, "Only"] : HEAD, ...rows]);
  const others = forwards.flatMap((forward) => forward.gatewayAddress ?? []);
  return [lines, `Gateway IP: ${[...new Set([gatewayAddress, ...others])].join(", ")}`].join("\n");
}

const HEAD = ["Name", "Type", "Port", "Protocol", "Target", "Alive"];

function aliveText(alive: boolean | null | undefined): string {
  return alive === true ? "yes" : alive === false ? "no" : "not yet known";
}
