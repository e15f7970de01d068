/** vLab's forwards into a gateway, as often as one likes: what is there already stays. */

import { defined } from "../base/defined.js";
import { Fault } from "../base/fault.js";
import type { GatewayClient, KnownForward } from "../client/gateway/client.js";
import type { IpamRow } from "./ipam-dump.js";

export interface Imported {
  readonly created: readonly IpamRow[];
  /** There already, and the same. */
  readonly kept: readonly IpamRow[];
  readonly refused: readonly { readonly row: IpamRow; readonly reason: string }[];
}

/** @param owner whose they are to be; without one, the token's user's. */
export async function importRows(
  client: Pick<GatewayClient, "create" | "forwards">,
  rows: readonly IpamRow[],
  owner: string | undefined,
  onRow: (done: number) => void = () => undefined,
): Promise<Imported> {
  const { forwards } = await client.forwards();
  const known = new Map(forwards.map((forward) => [forward.connPort, forward]));
  const created: IpamRow[] = [];
  const kept: IpamRow[] = [];
  const refused: { row: IpamRow; reason: string }[] = [];
  for (const [index, row] of rows.entries()) {
    onRow(index);
    const there = known.get(row.connPort);
    if (there !== undefined) {
      if (isSame(there, row)) kept.push(row);
      else
        refused.push({ row, reason: `port ${row.connPort} leads to ${there.targetAddr}:${there.targetPort} already` });
      continue;
    }
    try {
      await client.create(
        {
          name: row.targetName,
          component: row.targetComponent,
          targetAddr: row.targetAddr,
          targetPort: row.targetPort,
        },
        defined({ connPort: row.connPort, owner, idempotencyKey: `ipam-${row.connPort}` }),
      );
      created.push(row);
    } catch (error) {
      // What is wrong with one row says nothing of the next; what is wrong with the gateway does.
      if (!(error instanceof Fault) || !ROW_CODES.has(error.code)) throw error;
      refused.push({ row, reason: error.message });
    }
  }
  return { created, kept, refused };
}

const ROW_CODES = new Set(["gateway/rejected", "gateway/conflict"]);

function isSame(there: KnownForward, row: IpamRow): boolean {
  return there.targetAddr === row.targetAddr && there.targetPort === row.targetPort && there.name === row.targetName;
}
