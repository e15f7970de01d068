/** Reads a daemon's settings and the files they name: `~/x` under HOME, absolute paths, `credential:NAME` of systemd. */
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { errno } from "../../base/fault.js";
import { givenHome } from "../../base/home.js";
import {
  noCredentialsDirectory,
  noHome,
  relativePath,
  secretMissing,
  secretUnreadable,
  settingsMissing,
  settingsUnreadable,
} from "./settings-errors.js";

export class SettingsFiles {
  /** @param room prefix of the codes of faults. */
  constructor(
    private readonly room: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  async readSettings(file: string): Promise<string> {
    try {
      return await readFile(file, "utf8");
    } catch (error) {
      const code = errno(error);
      throw code === "ENOENT"
        ? settingsMissing(this.room, file)
        : settingsUnreadable(this.room, file, code ?? String(error));
    }
  }

  expand(key: string, path: string): string {
    if (path === "~" || path.startsWith("~/")) {
      const home = givenHome(this.env);
      if (home === undefined) throw noHome(this.room, path);
      return join(home, path.slice(1));
    }
    if (!isAbsolute(path)) throw relativePath(this.room, key, path);
    return path;
  }

  resolve(key: string, reference: string): string {
    const name = /^credential:([A-Za-z0-9._-]+)$/.exec(reference)?.[1];
    if (name === undefined) return this.expand(key, reference);
    if (this.env.CREDENTIALS_DIRECTORY === undefined) throw noCredentialsDirectory(this.room, reference);
    return join(this.env.CREDENTIALS_DIRECTORY, name);
  }

  async readSecret(key: string, reference: string): Promise<string> {
    const path = this.resolve(key, reference);
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      const code = errno(error);
      throw code === "ENOENT"
        ? secretMissing(this.room, key, path)
        : secretUnreadable(this.room, key, path, code ?? String(error));
    }
  }
}
