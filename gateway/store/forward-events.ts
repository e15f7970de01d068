/** The record of who opened and closed which forward: written by the statement that does it, so neither lacks the other. */
import { type Kysely, type QueryCreator, type RawBuilder, type Selectable, sql } from "kysely";
import { defined } from "../../base/defined.js";
import { toTarget } from "./rows.js";
import type { ForwardEvent, KnownTarget } from "./store.js";
import type { Tables } from "./tables.js";

const COLUMNS = [
  "at",
  "kind",
  "by_user",
  "forward_id",
  "conn_port",
  "protocol",
  "target_addr",
  "target_port",
  "target_name",
  "target_component",
  "owner",
] as const;

/** `changed`: the rows of the statement before. */
type Changed = Tables & { changed: Selectable<Tables["forwards"]> };

export interface Noted {
  readonly kind: ForwardEvent["kind"];
  readonly at: number;
  readonly by: RawBuilder<string | null>;
}

/** For `.with("noted", …)` after `.with("changed", …)`. */
export const noteChanged =
  ({ kind, at, by }: Noted) =>
  (db: QueryCreator<Changed>) =>
    db
      .insertInto("forward_events")
      .columns([...COLUMNS])
      .expression(
        db
          .selectFrom("changed")
          .select([
            sql<number>`${at}::bigint`.as("at"),
            sql<ForwardEvent["kind"]>`${kind}::text`.as("kind"),
            by.as("by_user"),
            "changed.id as forward_id",
            "changed.conn_port",
            "changed.protocol",
            "changed.target_addr",
            "changed.target_port",
            "changed.target_name",
            "changed.target_component",
            "changed.owner",
          ]),
      );

export interface EventFilter {
  readonly since: number;
  readonly addr?: string;
  readonly owner?: string;
}

export async function readEvents(db: Kysely<Tables>, { since, addr, owner }: EventFilter): Promise<ForwardEvent[]> {
  let query = db.selectFrom("forward_events").selectAll().where("at", ">=", since).orderBy("seq");
  if (addr !== undefined) query = query.where("target_addr", "=", addr);
  if (owner !== undefined) query = query.where("owner", "=", owner);
  return (await query.execute()).map((row) =>
    defined<ForwardEvent>({
      at: Number(row.at),
      kind: row.kind,
      by: row.by_user ?? undefined,
      forwardId: row.forward_id,
      ...toTarget(row),
    }),
  );
}

/** The machines that forwards led to, each once, with its last component. */
export async function readTargets(
  db: Kysely<Tables>,
  { since, owner }: Omit<EventFilter, "addr">,
): Promise<KnownTarget[]> {
  let query = db
    .selectFrom("forward_events")
    .distinctOn(["target_name", "target_addr"])
    .select(["target_name as name", "target_addr as addr", "target_component as component"])
    .where("at", ">=", since)
    .orderBy("target_name")
    .orderBy("target_addr")
    .orderBy("seq", "desc");
  if (owner !== undefined) query = query.where("owner", "=", owner);
  return query.execute();
}
