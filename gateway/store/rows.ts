/** Rows as values. Pure. */
import type { Selectable } from "kysely";
import { defined } from "../../base/defined.js";
import type { Forward } from "../forwards/forward.js";
import type { MachineState, UsageSample } from "./store.js";
import type { ForwardColumns, Tables } from "./tables.js";

/** The part of a forward that its events have too. */
export const toTarget = (row: ForwardColumns) => ({
  connPort: row.conn_port,
  protocol: row.protocol,
  targetAddr: row.target_addr,
  targetPort: row.target_port,
  targetName: row.target_name,
  targetComponent: row.target_component,
  owner: row.owner,
});

export function toForward(row: Selectable<Tables["forwards"]>): Forward {
  return defined({
    id: row.id,
    ...toTarget(row),
    sources: row.sources,
    createdAt: Number(row.created_at),
    expiresAt: row.expires_at === null ? undefined : Number(row.expires_at),
    key: row.idempotency_key === null ? undefined : row.idempotency_key,
  });
}

export function fromForward(forward: Forward) {
  return {
    id: forward.id,
    conn_port: forward.connPort,
    protocol: forward.protocol,
    target_addr: forward.targetAddr,
    target_port: forward.targetPort,
    target_name: forward.targetName,
    target_component: forward.targetComponent,
    owner: forward.owner,
    sources: JSON.stringify(forward.sources),
    created_at: forward.createdAt,
    expires_at: forward.expiresAt ?? null,
    idempotency_key: forward.key ?? null,
  };
}

type MachineRow = Pick<Tables["liveness"], "name" | "addr" | "component"> & {
  routable: boolean | null;
  last_seen: string | number | null;
  checked_at: string | number | null;
  disagreeing: number | null;
};

export function toMachine(row: MachineRow): MachineState {
  return defined({
    name: row.name,
    addr: row.addr,
    component: row.component,
    routable: row.routable,
    lastSeen: row.last_seen === null ? undefined : Number(row.last_seen),
    checkedAt: row.checked_at === null ? undefined : Number(row.checked_at),
    disagreeing: row.disagreeing ?? 0,
  });
}

export function toUsage(row: Selectable<Tables["usage"]>): UsageSample {
  return {
    connPort: row.conn_port,
    forwardId: row.forward_id,
    owner: row.owner,
    minute: Number(row.minute),
    packets: Number(row.packets),
    bytes: Number(row.bytes),
    connections: Number(row.connections),
  };
}
