/** Locates programs: on PATH, then among those that `scripts/setup.mjs` installed for this checkout. */
import { accessSync, constants, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const isSource = import.meta.url.endsWith(".ts");

/** The directory of the rooms: the checkout, or `dist/`, whose command is bundled into `dist/cli/`. */
export const roomsRoot = fileURLToPath(new URL("../", import.meta.url));

/** The package's own directory. */
export const packageRoot = isSource ? roomsRoot : fileURLToPath(new URL("../../", import.meta.url));

/** @param path of a program in a room, from `roomsRoot` and without extension. @returns the command that runs it. */
export function roomProgram(path: string): string[] {
  if (!isSource) return [process.execPath, join(roomsRoot, `${path}.js`)];
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  return [process.execPath, "--import", tsx, join(roomsRoot, `${path}.ts`)];
}

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
