/** The traffic of forwards, in the database. */
import { type Kysely, sql } from "kysely";
import { toUsage } from "./rows.js";
import type { UsageFilter, UsageSample } from "./store.js";
import type { Tables } from "./tables.js";

export async function writeUsage(db: Kysely<Tables>, samples: readonly UsageSample[]): Promise<void> {
  if (samples.length === 0) return;
  const rows = samples.map(({ forwardId, connPort, owner, minute, packets, bytes, connections }) => ({
    forward_id: forwardId,
    conn_port: connPort,
    owner,
    minute,
    packets,
    bytes,
    connections,
  }));
  await db
    .insertInto("usage")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(["forward_id", "minute"]).doUpdateSet((eb) => ({
        packets: sql`${eb.ref("usage.packets")} + ${eb.ref("excluded.packets")}`,
        bytes: sql`${eb.ref("usage.bytes")} + ${eb.ref("excluded.bytes")}`,
        connections: sql`${eb.ref("usage.connections")} + ${eb.ref("excluded.connections")}`,
      })),
    )
    .execute();
}

export async function readUsage(db: Kysely<Tables>, filter: UsageFilter): Promise<UsageSample[]> {
  let query = db.selectFrom("usage").selectAll().where("minute", ">=", filter.since).orderBy("minute");
  if (filter.owner !== undefined) query = query.where("owner", "=", filter.owner);
  if (filter.connPort !== undefined) query = query.where("conn_port", "=", filter.connPort);
  const { addr } = filter;
  if (addr !== undefined) {
    query = query.where((eb) =>
      eb(
        "forward_id",
        "in",
        eb.selectFrom("forward_events").select("forward_events.forward_id").where("target_addr", "=", addr),
      ),
    );
  }
  return (await query.execute()).map(toUsage);
}
