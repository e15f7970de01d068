/** The embedded store: PostgreSQL in this process, in one directory. */
import { existsSync } from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from "kysely";
import { extract } from "tar";
import { ensurePrivateDir } from "../../base/fs/atomic.js";
import { acquireLock } from "../../base/fs/lock.js";
import { packageRoot } from "../../base/tools.js";
import { databaseInUse } from "./errors.js";
import { openSqlStore } from "./sql-store.js";
import type { Store } from "./store.js";
import type { Tables } from "./tables.js";

export async function openPgliteStore(directory: string): Promise<Store> {
  await ensurePrivateDir(directory);
  const release = await acquireLock(`${directory}.lock`, {
    held: (pid) => databaseInUse(directory, pid),
  });
  try {
    await unpackNew(directory);
    const database = await PGlite.create(directory);
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: onePool(database) }) });
    return await openSqlStore({
      kind: "pglite",
      db,
      close: async () => {
        await db.destroy();
        await release();
      },
    });
  } catch (error) {
    await release();
    throw error;
  }
}

/** Made by the build (scripts/bundle.mjs). */
const PREPARED = join(packageRoot, "dist/runtime/pglite-new.tar.gz");

/**
 * Unpacks the prepared data directory in place of an empty one. Without it, PGlite makes one itself, which takes six
 * times the processor time and three times the memory of a later start.
 */
async function unpackNew(directory: string): Promise<void> {
  if (!existsSync(PREPARED) || (await readdir(directory)).length > 0) return;
  // Half of it would be no database, so it gets its name when it is whole.
  const unpacked = `${directory}.new`;
  await rm(unpacked, { recursive: true, force: true });
  await ensurePrivateDir(unpacked);
  await extract({ file: PREPARED, cwd: unpacked });
  await rename(unpacked, directory);
}

/** A pool of the only connection there is; clients wait for each other. */
function onePool(database: PGlite): PostgresPool {
  let last: Promise<void> = Promise.resolve();
  return {
    connect() {
      const before = last;
      let release = () => undefined as undefined;
      last = new Promise((resolve) => {
        release = () => void resolve() as undefined;
      });
      const client = {
        query: async (text: string, parameters: readonly unknown[] = []) => {
          const { rows, affectedRows } = await database.query(text, [...parameters]);
          const command = text.trimStart().split(/\s/, 1)[0]?.toUpperCase() ?? "";
          return { rows, command, rowCount: command === "SELECT" ? rows.length : (affectedRows ?? 0) };
        },
        release: () => release(),
      };
      return before.then(() => client as unknown as PostgresPoolClient);
    },
    end: () => database.close(),
  };
}
