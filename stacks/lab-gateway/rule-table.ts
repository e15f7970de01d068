/** Access to the gateway from outside: the firewall's own table, and the port range of forwards. */

import type { Origins } from "../../firewall/options/origins.js";
import { buildTable, type RuleTable, type TableRow } from "../../firewall/options/table.js";
import type { Cidr } from "../../net/cidr.js";

const GATEWAY_PORTS = [22, 443];

export function labTable(
  ports: { readonly min: number; readonly max: number },
  callers: readonly Cidr[],
  origins: Origins & { readonly ports?: string } = {},
): RuleTable {
  // The rules of sallyport.yaml for hosts do not apply to the gateway.
  const { caller = "built in" } = origins;
  const table = buildTable(
    { allow_ports: GATEWAY_PORTS, caller: callers.map(String) },
    { callers, origins: { caller } },
  );
  const origin = origins.ports ?? "built in";
  const why = [{ option: "lab_gateway.ports", origin, text: "ports that forwards are given" }];
  const range = callers.flatMap((cidr) =>
    (["tcp", "udp"] as const).map(
      (protocol): TableRow => ({
        rule: { protocol, ports: { from: ports.min, to: ports.max }, source: { kind: "cidr", cidr } },
        option: "lab_gateway.ports",
        origin,
        why,
      }),
    ),
  );
  return { ...table, rows: [...table.rows, ...range] };
}
