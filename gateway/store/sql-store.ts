/** The store on any PostgreSQL dialect of Kysely. */
import { randomBytes } from "node:crypto";
import { type Kysely, Migrator, sql } from "kysely";
import { Batcher } from "../../base/async/batcher.js";
import { defined } from "../../base/defined.js";
import type { Forward, ForwardFilter, ForwardRequest, PortRange } from "../forwards/forward.js";
import { isDatabaseGone } from "./errors.js";
import { fromForward, toForward, toMachine, toUsage } from "./rows.js";
import type { Created, LivenessChange, MachineState, Store, UsageSample } from "./store.js";
import { migrations, type Tables } from "./tables.js";

/** Another gateway on the same database may take the same free port first, but not for ever. */
const MAX_TRIES = 100;
const BATCHES = {
  /** Forwards per statement: each has a dozen parameters, and a statement has at most 65,535. */
  maxItems: 500,
  /** A refused statement has changed nothing. After a lost connection, it is unknown what was changed. */
  isOneToBlame: (error: unknown) => !isDatabaseGone(error),
};

interface Removal {
  readonly connPort: number;
  readonly owner: string | undefined;
}

export interface SqlStoreOptions {
  readonly kind: Store["kind"];
  readonly db: Kysely<Tables>;
  readonly onForeignChange?: Store["onForeignChange"];
  readonly close: () => Promise<void>;
  readonly now?: () => number;
}

export async function openSqlStore(options: SqlStoreOptions): Promise<Store> {
  const migrator = new Migrator({ db: options.db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  const store = new SqlStore(options);
  await store.readPorts();
  return store;
}

class SqlStore implements Store {
  readonly kind: Store["kind"];
  /** Ports in use as far as this process knows; the primary key decides. */
  readonly #used = new Set<number>();
  readonly #db: Kysely<Tables>;
  readonly #now: () => number;
  readonly #inserts = new Batcher((forwards: readonly Forward[]) => this.#insertAll(forwards), BATCHES);
  readonly #removals = new Batcher((removals: readonly Removal[]) => this.#removeAll(removals), BATCHES);

  constructor(private readonly options: SqlStoreOptions) {
    this.kind = options.kind;
    this.#db = options.db;
    this.#now = options.now ?? Date.now;
  }

  async readPorts(): Promise<void> {
    const rows = await this.#db.selectFrom("forwards").select("conn_port").execute();
    this.#used.clear();
    for (const { conn_port } of rows) this.#used.add(conn_port);
  }

  async create(request: ForwardRequest, range: PortRange): Promise<Created> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const connPort = request.connPort ?? this.#lowestFree(range);
      if (connPort === undefined) {
        // Ports that other gateways have freed become known by reading.
        if (tries > 0) return { outcome: "full" };
        await this.readPorts();
        continue;
      }
      // Before the first await, so that two concurrent requests get two ports.
      this.#used.add(connPort);
      const created = await this.#insert({ ...request, connPort }).catch((error: unknown) => {
        // If the row was written all the same, the primary key refuses the next one.
        this.#used.delete(connPort);
        throw error;
      });
      if (created !== undefined) return created;
      // With a key, the conflict may have been with a forward that is gone by now.
      if (request.connPort !== undefined && (request.key === undefined || tries > 0)) {
        return { outcome: "taken", connPort };
      }
      await this.readPorts();
    }
    return { outcome: "full" };
  }

  remove(connPort: number, owner?: string): Promise<Forward | undefined> {
    return this.#removals.add({ connPort, owner });
  }

  async removeExpired(now: number): Promise<readonly Forward[]> {
    const rows = await this.#db.deleteFrom("forwards").where("expires_at", "<=", now).returningAll().execute();
    for (const { conn_port } of rows) this.#used.delete(conn_port);
    return rows.map(toForward);
  }

  async list(filter: ForwardFilter = {}): Promise<readonly Forward[]> {
    let query = this.#db.selectFrom("forwards").selectAll().orderBy("conn_port");
    const columns = {
      owner: filter.owner,
      target_name: filter.targetName,
      target_addr: filter.targetAddr,
      target_component: filter.targetComponent,
      target_port: filter.targetPort,
      conn_port: filter.connPort,
    };
    if (Object.values(columns).some(isNeverStored)) return [];
    for (const [column, value] of Object.entries(columns)) {
      if (value !== undefined) query = query.where(column as keyof typeof columns, "=", value as never);
    }
    return (await query.execute()).map(toForward);
  }

  async machines(): Promise<readonly MachineState[]> {
    const rows = await this.#db
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

  async saveMachines(machines: readonly MachineState[], changes: readonly LivenessChange[]): Promise<void> {
    if (machines.length === 0) return;
    await this.#db.transaction().execute(async (db) => {
      const rows = machines.map(({ name, addr, component, routable, lastSeen, checkedAt, disagreeing }) => ({
        name,
        addr,
        component,
        routable,
        last_seen: lastSeen ?? null,
        checked_at: checkedAt ?? null,
        disagreeing,
      }));
      await db
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
        await db
          .insertInto("liveness_changes")
          .values([...changes])
          .execute();
    });
  }

  async history(addr: string, since: number): Promise<readonly LivenessChange[]> {
    const rows = await this.#db
      .selectFrom("liveness_changes")
      .select(["at", "addr", "routable"])
      .where("addr", "=", addr)
      .where("at", ">=", since)
      .orderBy("seq")
      .execute();
    return rows.map((row) => ({ ...row, at: Number(row.at) }));
  }

  async addUsage(samples: readonly UsageSample[]): Promise<void> {
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
    await this.#db
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

  async usage(filter: { owner?: string; connPort?: number; since: number }): Promise<readonly UsageSample[]> {
    if (isNeverStored(filter.owner)) return [];
    let query = this.#db.selectFrom("usage").selectAll().where("minute", ">=", filter.since).orderBy("minute");
    if (filter.owner !== undefined) query = query.where("owner", "=", filter.owner);
    if (filter.connPort !== undefined) query = query.where("conn_port", "=", filter.connPort);
    return (await query.execute()).map(toUsage);
  }

  onForeignChange(callback: () => void): () => void {
    return this.options.onForeignChange?.(callback) ?? (() => undefined);
  }

  async ping(): Promise<void> {
    await sql`select 1`.execute(this.#db);
  }

  close(): Promise<void> {
    return this.options.close();
  }

  #lowestFree({ min, max }: PortRange): number | undefined {
    for (let port = min; port <= max; port += 1) if (!this.#used.has(port)) return port;
    return undefined;
  }

  /** @returns undefined if the port is taken. */
  async #insert(request: ForwardRequest & { readonly connPort: number }): Promise<Created | undefined> {
    const createdAt = this.#now();
    const forward: Forward = { ...request, createdAt, id: newId(createdAt) };
    if (await this.#inserts.add(forward)) return { outcome: "created", forward };
    const existing = await this.#byKey(request);
    if (existing === undefined) return undefined;
    if (existing.connPort !== request.connPort) this.#used.delete(request.connPort);
    return { outcome: "existing", forward: existing };
  }

  /** @returns for each forward, whether it was inserted; false if its port or key is taken. */
  async #insertAll(forwards: readonly Forward[]): Promise<boolean[]> {
    const rows = await this.#db
      .insertInto("forwards")
      .values(forwards.map(fromForward))
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .execute();
    const written = new Set(rows.map(({ id }) => id));
    return forwards.map(({ id }) => written.has(id));
  }

  /** @returns for each removal, its forward. Of two removals of one forward, the first gets it. */
  async #removeAll(removals: readonly Removal[]): Promise<(Forward | undefined)[]> {
    const rows = await this.#db
      .deleteFrom("forwards")
      .where((eb) => eb.or(removals.map(({ connPort, owner }) => eb.and(defined({ conn_port: connPort, owner })))))
      .returningAll()
      .execute();
    const removed = new Map(rows.map((row) => [row.conn_port, toForward(row)]));
    for (const connPort of removed.keys()) this.#used.delete(connPort);
    return removals.map(({ connPort, owner }) => {
      const forward = removed.get(connPort);
      if (forward === undefined || (owner !== undefined && forward.owner !== owner)) return undefined;
      removed.delete(connPort);
      return forward;
    });
  }

  async #byKey({ owner, key }: ForwardRequest): Promise<Forward | undefined> {
    if (key === undefined) return undefined;
    const row = await this.#db
      .selectFrom("forwards")
      .selectAll()
      .where("owner", "=", owner)
      .where("idempotency_key", "=", key)
      .executeTakeFirst();
    return row && toForward(row);
  }
}

/** PostgreSQL refuses a statement whose text has a NUL, so no row can match it. */
const isNeverStored = (value: unknown) => typeof value === "string" && value.includes("\0");

/** Sorts by time; letters, digits and dashes. */
function newId(at: number): string {
  return `${at.toString(36).padStart(9, "0")}-${randomBytes(6).toString("hex")}`;
}
