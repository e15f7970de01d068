/** The store on any PostgreSQL dialect of Kysely. */
import { randomBytes } from "node:crypto";
import { type Kysely, Migrator, type RawBuilder, sql } from "kysely";
import { Batcher } from "../../base/async/batcher.js";
import { defined } from "../../base/defined.js";
import type { Forward, ForwardFilter, ForwardRequest, PortRange } from "../forwards/forward.js";
import { isDatabaseGone } from "./errors.js";
import { forgetBefore } from "./forget.js";
import { type EventFilter, noteChanged, readEvents, readTargets } from "./forward-events.js";
import { readHistory, readLiveness, readMachines, writeMachines } from "./liveness-table.js";
import { fromForward, toForward } from "./rows.js";
import type {
  Created,
  ForwardEvent,
  KnownTarget,
  LivenessChange,
  MachineState,
  Store,
  UsageFilter,
  UsageSample,
} from "./store.js";
import { migrations, type Tables } from "./tables.js";
import { readUsage, writeUsage } from "./usage-table.js";

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
  readonly by: string | undefined;
}

interface Insertion {
  readonly forward: Forward;
  readonly by: string;
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
  readonly #inserts = new Batcher((insertions: readonly Insertion[]) => this.#insertAll(insertions), BATCHES);
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

  remove(connPort: number, owner?: string, by?: string): Promise<Forward | undefined> {
    return this.#removals.add({ connPort, owner, by });
  }

  async removeExpired(now: number): Promise<readonly Forward[]> {
    const rows = await this.#db
      .with("changed", (db) => db.deleteFrom("forwards").where("expires_at", "<=", now).returningAll())
      .with("noted", noteChanged({ kind: "expired", at: now, by: sql`null::text` }))
      .selectFrom("changed")
      .selectAll()
      .execute();
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

  machines(): Promise<readonly MachineState[]> {
    return readMachines(this.#db);
  }

  liveness(): Promise<readonly MachineState[]> {
    return readLiveness(this.#db);
  }

  saveMachines(machines: readonly MachineState[], changes: readonly LivenessChange[]): Promise<void> {
    return writeMachines(this.#db, machines, changes);
  }

  history(addr: string, since: number): Promise<readonly LivenessChange[]> {
    return readHistory(this.#db, addr, since);
  }

  async events(filter: EventFilter): Promise<readonly ForwardEvent[]> {
    return isNeverStored(filter.owner) ? [] : readEvents(this.#db, filter);
  }

  async pastTargets(filter: Omit<EventFilter, "addr">): Promise<readonly KnownTarget[]> {
    return isNeverStored(filter.owner) ? [] : readTargets(this.#db, filter);
  }

  forget(before: number): Promise<void> {
    return forgetBefore(this.#db, before);
  }

  addUsage(samples: readonly UsageSample[]): Promise<void> {
    return writeUsage(this.#db, samples);
  }

  async usage(filter: UsageFilter): Promise<readonly UsageSample[]> {
    return isNeverStored(filter.owner) || isNeverStored(filter.addr) ? [] : readUsage(this.#db, filter);
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
    const { by = request.owner, ...spec } = request;
    const forward: Forward = { ...spec, createdAt, id: newId(createdAt) };
    if (await this.#inserts.add({ forward, by })) return { outcome: "created", forward };
    const existing = await this.#byKey(request);
    if (existing === undefined) return undefined;
    if (existing.connPort !== request.connPort) this.#used.delete(request.connPort);
    return { outcome: "existing", forward: existing };
  }

  /** @returns for each forward, whether it was inserted; false if its port or key is taken. */
  async #insertAll(insertions: readonly Insertion[]): Promise<boolean[]> {
    const forwards = insertions.map(({ forward }) => forward);
    const others = insertions.filter(({ forward, by }) => forward.owner !== by);
    const by = caseOf(
      others.map(({ forward, by }) => sql`when changed.id = ${forward.id} then ${by}::text`),
      sql`changed.owner`,
    );
    const rows = await this.#db
      .with("changed", (db) =>
        db
          .insertInto("forwards")
          .values(forwards.map(fromForward))
          .onConflict((conflict) => conflict.doNothing())
          .returningAll(),
      )
      .with("noted", noteChanged({ kind: "opened", at: this.#now(), by }))
      .selectFrom("changed")
      .select("id")
      .execute();
    const written = new Set(rows.map(({ id }) => id));
    return forwards.map(({ id }) => written.has(id));
  }

  /** @returns for each removal, its forward. Of two removals of one forward, the first gets it. */
  async #removeAll(removals: readonly Removal[]): Promise<(Forward | undefined)[]> {
    const by = caseOf(
      removals.map((removal) => {
        const isIts = removal.owner === undefined ? sql`` : sql` and changed.owner = ${removal.owner}`;
        return sql`when changed.conn_port = ${removal.connPort}${isIts} then ${removal.by ?? null}::text`;
      }),
      sql`null`,
    );
    const rows = await this.#db
      .with("changed", (db) =>
        db
          .deleteFrom("forwards")
          .where((eb) => eb.or(removals.map(({ connPort, owner }) => eb.and(defined({ conn_port: connPort, owner })))))
          .returningAll(),
      )
      .with("noted", noteChanged({ kind: "closed", at: this.#now(), by }))
      .selectFrom("changed")
      .selectAll()
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

function caseOf(cases: readonly RawBuilder<unknown>[], fallback: RawBuilder<unknown>): RawBuilder<string | null> {
  return cases.length === 0 ? sql`${fallback}` : sql`case ${sql.join(cases, sql` `)} else ${fallback} end`;
}

/** PostgreSQL refuses a statement whose text has a NUL, so no row can match it. */
const isNeverStored = (value: unknown) => typeof value === "string" && value.includes("\0");

/** Sorts by time; letters, digits and dashes. */
function newId(at: number): string {
  return `${at.toString(36).padStart(9, "0")}-${randomBytes(6).toString("hex")}`;
}
