/** Imports vLab's forwards into a gateway. Repeating an import is safe: existing forwards stay. */
import { defined } from "../base/defined.js";
import { Fault } from "../base/fault.js";
import type { GatewayClient, KnownForward } from "../client/gateway/client.js";
import type { IpamRow } from "./ipam-dump.js";

export interface ImportReport {
  readonly created: readonly IpamRow[];
  /** Forwards that exist already, with the same target. */
  readonly kept: readonly IpamRow[];
  readonly refused: readonly { readonly row: IpamRow; readonly reason: string }[];
}

/** @param owner of the new forwards. @default - the token's user */
export async function importRows(
  client: Pick<GatewayClient, "create" | "forwards">,
  rows: readonly IpamRow[],
  owner: string | undefined,
  onRow: (done: number) => void = () => undefined,
): Promise<ImportReport> {
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
        defined({
          connPort: row.connPort,
          owner,
          idempotencyKey: `ipam-${row.connPort}`,
          // As they were in vLab.
          sources: [],
          expiresIn: null,
        }),
      );
      created.push(row);
    } catch (error) {
      // A fault of one row concerns no other row; a fault of the gateway concerns all.
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
