/** The real pip and npm, with nothing of this machine's own settings, caches or indexes. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { HANGS_MS } from "../../support/run.js";

export interface Installed {
  readonly code: number;
  readonly output: string;
  /** "name version" for pip, "name@version" for npm; sorted. */
  readonly packages: readonly string[];
  readonly dir: string;
}

export class Clients {
  readonly #home = mkdtempSync(join(tmpdir(), "sallyport-clients-"));
  #count = 0;

  get env(): Record<string, string> {
    return {
      PATH: process.env.PATH ?? "",
      HOME: this.#home,
      PIP_CONFIG_FILE: "/dev/null",
      PIP_DISABLE_PIP_VERSION_CHECK: "1",
      PIP_NO_CACHE_DIR: "1",
      PIP_NO_INPUT: "1",
      npm_config_userconfig: join(this.#home, ".npmrc"),
      npm_config_globalconfig: join(this.#home, "global.npmrc"),
      NO_COLOR: "1",
    };
  }

  async pip(index: string, args: readonly string[]): Promise<Installed> {
    const dir = join(this.#home, `pip-${this.#count++}`);
    const result = await execa(
      "/usr/bin/pip",
      ["install", "--index-url", index, "--target", dir, "--retries", "0", ...args],
      { env: this.env, extendEnv: false, reject: false, all: true, timeout: HANGS_MS },
    );
    const infos = existsSync(dir) ? readdirSync(dir).filter((name) => /\.(?:dist|egg)-info$/.test(name)) : [];
    const packages = infos.map((name) => name.replace(/\.(?:dist|egg)-info$/, "").replace("-", " ")).sort();
    return { code: result.exitCode ?? -1, output: result.all, packages, dir };
  }

  /** A file for `-r`. */
  requirements(text: string): string {
    const file = join(this.#home, `requirements-${this.#count++}.txt`);
    writeFileSync(file, text);
    return file;
  }

  project(): string {
    const dir = join(this.#home, `npm-${this.#count++}`);
    mkdirSync(dir);
    writeFileSync(join(dir, "package.json"), JSON.stringify({ name: "project", version: "1.0.0", private: true }));
    return dir;
  }

  async npm(registry: string, dir: string, args: readonly string[]): Promise<Installed> {
    const fixed = ["--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=0"];
    const result = await execa(
      "npm",
      [...args, "--registry", registry, "--cache", join(this.#home, `cache-${this.#count++}`), ...fixed],
      { cwd: dir, env: this.env, extendEnv: false, reject: false, all: true, timeout: HANGS_MS },
    );
    return { code: result.exitCode ?? -1, output: result.all, packages: installedIn(dir), dir };
  }

  writeNpmrc(text: string): void {
    writeFileSync(join(this.#home, ".npmrc"), text, { mode: 0o600 });
  }

  remove(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** By npm; "name@version", sorted. */
export function installedIn(dir: string): string[] {
  const lock = join(dir, "node_modules", ".package-lock.json");
  if (!existsSync(lock)) return [];
  const { packages } = JSON.parse(readFileSync(lock, "utf8")) as { packages: Record<string, { version: string }> };
  return Object.entries(packages)
    .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, "")}@${version}`)
    .sort();
}
