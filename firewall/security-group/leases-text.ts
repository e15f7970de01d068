/** Leases as rows for programs and as a table for people. */

import { defined } from "../../base/defined.js";
import { table } from "../../base/text/table.js";
import { printPorts, printSource } from "../../net/ingress-rule.js";
import type { Lease } from "./leases.js";

export interface LeaseRow {
  readonly group: string;
  readonly holders: readonly string[];
  readonly protocol: string;
  readonly ports: string;
  readonly source: string;
  readonly until: string;
  readonly is_over: boolean;
  /** The reason that was given. */
  readonly why?: string;
}

export function leaseRow({ groupId, rule, holders, until, isOver, why }: Lease): LeaseRow {
  return defined({
    group: groupId,
    holders,
    protocol: rule.protocol,
    ports: printPorts(rule),
    source: printSource(rule.source),
    until: until.toISOString().replace(".000Z", "Z"),
    is_over: isOver,
    why: why === "" ? undefined : why,
  });
}

export function leasesText(rows: readonly LeaseRow[], now: Date): string {
  if (rows.length === 0) return "nobody has access for a time";
  const cells = rows.map((row) => [
    row.holders.join(","),
    `${row.protocol} ${row.ports}`,
    row.source,
    `until ${row.until} (${row.is_over ? "over; the next sync removes it" : remaining(row.until, now)})`,
    row.group,
    row.why ?? "",
  ]);
  return table(cells);
}

function remaining(until: string, now: Date): string {
  const minutes = Math.max(1, Math.round((Date.parse(until) - now.getTime()) / 60_000));
  if (minutes < 120) return `${minutes} min left`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} h left` : `${Math.round(hours / 24)} d left`;
}
