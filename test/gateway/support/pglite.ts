/** Databases of PGlite for tests of what comes later than their making. */
import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { ofThisRun } from "../../support/compiled.js";

/** Without a table. To initialize one takes two seconds of processor time, and to copy one a tenth of that. */
export async function copyEmptyPglite(directory: string): Promise<void> {
  const template = join(ofThisRun, "pglite");
  if (!existsSync(template)) {
    const made = `${template}-${process.pid}`;
    await (await PGlite.create(made)).close();
    // Another worker may have been first.
    await rename(made, template).catch(() => rm(made, { recursive: true }));
  }
  await mkdir(directory, { mode: 0o700 });
  await cp(template, directory, { recursive: true });
}
