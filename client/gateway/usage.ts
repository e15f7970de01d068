/** The usage of forwards, by user and time, as a table. Pure. */
import { type Static, Type } from "@sinclair/typebox";
import { table } from "../../base/text/table.js";

const Used = Type.Object({
  conn_port: Type.Integer(),
  owner: Type.String(),
  /** Absent if the forward no longer exists. */
  target_name: Type.Optional(Type.String()),
  target_addr: Type.Optional(Type.String()),
  target_port: Type.Optional(Type.Integer()),
  bytes: Type.Number(),
  connections: Type.Number(),
  first_used: Type.String(),
  last_used: Type.String(),
});
export type Used = Static<typeof Used>;

/** The response of `GET /v1/usage`. The counts per minute are ignored here. */
export const UsageAnswer = Type.Object({ since: Type.String(), used: Type.Array(Used) });

/** The usage of one machine, latest first. */
export function usedBy(used: readonly Used[], name: string | undefined): Used[] {
  return used
    .filter(({ target_name }) => name === undefined || target_name === name)
    .sort((a, b) => (a.last_used === b.last_used ? a.conn_port - b.conn_port : a.last_used < b.last_used ? 1 : -1));
}

export function usageText(used: readonly Used[], since: string): string {
  if (used.length === 0) return `nothing was used since ${short(since)}`;
  const rows = used.map((each) => [
    each.target_name ?? "(removed)",
    String(each.conn_port),
    each.owner,
    String(each.connections),
    bytesText(each.bytes),
    short(each.first_used),
    short(each.last_used),
  ]);
  return table([["Name", "Port", "User", "Connections", "Traffic", "First used", "Last used"], ...rows]);
}

export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

/** `2026-01-31 12:00` in UTC. The gateway counts by the minute. */
function short(time: string): string {
  return `${time.slice(0, 16).replace("T", " ")}Z`;
}
