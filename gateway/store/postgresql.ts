/** The store on a PostgreSQL server, which several gateways may share. */
import { randomBytes } from "node:crypto";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { databaseUnreachable } from "./errors.js";
import { openSqlStore } from "./sql-store.js";
import type { Store } from "./store.js";
import type { Tables } from "./tables.js";

const CHANNEL = "sallyport_forwards";
const RETRY_MS = 1_000;

/** @param url `postgresql://…`. It may hold a password, so no error shows it. */
export async function openPostgresStore(url: string): Promise<Store> {
  // The trigger sends this name with each change, so that a gateway recognizes its own.
  const application_name = `sallyport-${randomBytes(6).toString("hex")}`;
  const connection = { connectionString: url, application_name, connectionTimeoutMillis: 10_000 };
  const pool = new pg.Pool({ ...connection, max: 10 });
  // Without a listener, an idle connection that breaks would end the process.
  pool.on("error", () => undefined);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const changes = new ForeignChanges(connection);
  try {
    return await openSqlStore({
      kind: "postgresql",
      db,
      onForeignChange: (callback) => changes.on(callback),
      close: async () => {
        await changes.close();
        await db.destroy();
      },
    });
  } catch (error) {
    await db.destroy();
    throw databaseUnreachable(error);
  }
}

/** Listens on its own connection. After a break, changes may have been missed, which counts as a change. */
class ForeignChanges {
  readonly #callbacks = new Set<() => void>();
  #client: pg.Client | undefined;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(private readonly connection: pg.ClientConfig) {}

  on(callback: () => void): () => void {
    this.#callbacks.add(callback);
    if (this.#client === undefined && !this.#closed) void this.#listen();
    return () => void this.#callbacks.delete(callback);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#client?.end().catch(() => undefined);
  }

  async #listen(missed = false): Promise<void> {
    const client = new pg.Client(this.connection);
    this.#client = client;
    client.on("error", () => undefined);
    client.once("end", () => this.#again());
    client.on("notification", ({ payload }) => {
      if (payload !== this.connection.application_name) this.#notify();
    });
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      if (missed) this.#notify();
    } catch {
      await client.end().catch(() => undefined);
    }
  }

  #again(): void {
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#listen(true), RETRY_MS).unref();
  }

  #notify(): void {
    for (const callback of this.#callbacks) callback();
  }
}
