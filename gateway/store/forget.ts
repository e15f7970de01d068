/** Keeps the database from growing for ever. */
import type { Kysely } from "kysely";
import type { Tables } from "./tables.js";

export async function forgetBefore(db: Kysely<Tables>, before: number): Promise<void> {
  await db.deleteFrom("usage").where("minute", "<", before).execute();
  await db.deleteFrom("forward_events").where("at", "<", before).execute();
  // What a machine was before the oldest change is read from its last one, which stays.
  await db
    .deleteFrom("liveness_changes as old")
    .where("old.at", "<", before)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom("liveness_changes as later")
          .select("later.seq")
          .whereRef("later.addr", "=", "old.addr")
          .whereRef("later.seq", ">", "old.seq")
          .where("later.at", "<", before),
      ),
    )
    .execute();
}
