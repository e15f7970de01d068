/** Finds a program that a user may start: on PATH, or at an absolute path. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

export function findOnPath(program: string, env: NodeJS.ProcessEnv, platform = process.platform): string | undefined {
  // Windows starts "ssh" as ssh.exe. Batch files would need a shell, so they do not count.
  const names = platform === "win32" && !/\.exe$/i.test(program) ? [`${program}.exe`] : [program];
  if (isAbsolute(program)) return names.find(isExecutable);
  // PATH holds no names with a directory in them, and relative paths are not started.
  if (/[\\/]/.test(program)) return undefined;
  const dirs = (env.PATH ?? "").split(delimiter).filter((dir) => isAbsolute(dir));
  return dirs.flatMap((dir) => names.map((name) => join(dir, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
