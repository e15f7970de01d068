/** What the sweeps found, in the database. */
import type { Kysely } from "kysely";
import { toMachine } from "./rows.js";
import type { LivenessChange, MachineState } from "./store.js";
import type { Tables } from "./tables.js";

export async function readLiveness(db: Kysely<Tables>): Promise<MachineState[]> {
  return (await db.selectFrom("liveness").selectAll().execute()).map(toMachine);
}

export async function readMachines(db: Kysely<Tables>): Promise<MachineState[]> {
  const rows = await db
    .selectFrom("forwards")
    .leftJoin("liveness", "liveness.addr", "forwards.target_addr")
    .select((eb) => [
      "forwards.target_name as name",
      "forwards.target_addr as addr",
      eb.fn.min("forwards.target_component").as("component"),
      "liveness.routable",
      "liveness.last_seen",
      "liveness.checked_at",
      "liveness.disagreeing",
    ])
    .groupBy([
      "forwards.target_name",
      "forwards.target_addr",
      "liveness.routable",
      "liveness.last_seen",
      "liveness.checked_at",
      "liveness.disagreeing",
    ])
    .orderBy("forwards.target_name")
    .orderBy("forwards.target_addr")
    .execute();
  return rows.map((row) => toMachine({ ...row, component: row.component ?? "" }));
}

export async function writeMachines(
  db: Kysely<Tables>,
  machines: readonly MachineState[],
  changes: readonly LivenessChange[],
): Promise<void> {
  if (machines.length === 0) return;
  await db.transaction().execute(async (trx) => {
    const rows = machines.map(({ name, addr, component, routable, lastSeen, checkedAt, disagreeing }) => ({
      name,
      addr,
      component,
      routable,
      last_seen: lastSeen ?? null,
      checked_at: checkedAt ?? null,
      disagreeing,
    }));
    await trx
      .insertInto("liveness")
      .values(rows)
      .onConflict((conflict) =>
        conflict.column("addr").doUpdateSet((eb) => ({
          name: eb.ref("excluded.name"),
          component: eb.ref("excluded.component"),
          routable: eb.ref("excluded.routable"),
          last_seen: eb.ref("excluded.last_seen"),
          checked_at: eb.ref("excluded.checked_at"),
          disagreeing: eb.ref("excluded.disagreeing"),
        })),
      )
      .execute();
    if (changes.length > 0)
      await trx
        .insertInto("liveness_changes")
        .values([...changes])
        .execute();
  });
}

export async function readHistory(db: Kysely<Tables>, addr: string, since: number): Promise<LivenessChange[]> {
  const rows = await db
    .selectFrom("liveness_changes")
    .select(["at", "addr", "routable"])
    .where("addr", "=", addr)
    .where("at", ">=", since)
    .orderBy("seq")
    .execute();
  return rows.map((row) => ({ ...row, at: Number(row.at) }));
}
