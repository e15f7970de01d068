/** Locates programs: on PATH, then among those that `scripts/setup.mjs` installed for this checkout. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's own directory, both from source (`base/`) and compiled (`dist/base/`). */
export const packageRoot = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../" : "../../", import.meta.url));

/** Debian keeps sshd, nft and ip here, and the PATH of ordinary users lacks it. */
const SYSTEM_DIRS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** @returns the absolute path of `program`, or undefined. */
export function findProgram(program: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const dirs = (env.PATH ?? "").split(delimiter).filter((dir) => dir !== "");
  return [...dirs, ...SYSTEM_DIRS, join(packageRoot, ".sallyport", "bin")]
    .map((dir) => join(dir, program))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
