/** Opens the store that `database` in gateway.yaml names. */
import type { SettingsFiles } from "../../http/daemon/settings-files.js";
import { badDatabase } from "./errors.js";
import type { Store } from "./store.js";

/** Loads the libraries of only this store. */
export async function openStore(database: string, files: SettingsFiles, env: NodeJS.ProcessEnv): Promise<Store> {
  const [, kind, rest = ""] = /^(pglite|credential|env):(.+)$/.exec(database) ?? [];
  switch (kind) {
    case "pglite": {
      const { openPgliteStore } = await import("./pglite.js");
      return openPgliteStore(files.expand("database", rest));
    }
    case "credential":
      return openUrl(database, (await files.readSecret("database", database)).trim());
    case "env":
      return openUrl(database, env[rest] ?? "");
    default:
      throw badDatabase(database);
  }
}

async function openUrl(named: string, url: string): Promise<Store> {
  // The URL may hold a password, so the error shows only its origin.
  if (!/^postgres(?:ql)?:\/\//.test(url)) throw badDatabase(named);
  const { openPostgresStore } = await import("./postgresql.js");
  return openPostgresStore(url);
}
