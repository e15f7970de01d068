/**
 * One temporary directory for a run of the tests: what is left in it belongs to the run, and goes with it. Its name is
 * short, since the path of a Unix socket has at most 108 bytes.
 */
import { chmodSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { isAlive } from "../../base/process/alive.js";
import { mountPoints } from "./mounts.js";

const PREFIX = "sallyport-run-";

/** Sets TMPDIR for this process and all that it starts. A second call changes nothing. */
export function openRunDirectory(): void {
  if (process.env.TEMPORARY_FOR_TESTS !== undefined) return;
  removeStale(tmpdir());
  const directory = join(tmpdir(), `${PREFIX}${process.pid}`);
  mkdirSync(directory);
  // As /tmp: some tests run programs as other users.
  chmodSync(directory, 0o1777);
  process.once("exit", () => remove(directory));
  process.env.TEMPORARY_FOR_TESTS = directory;
  process.env.TMPDIR = directory;
}

/** What the kit and its tests have left there. Files of others, such as cdktf's output, are not named. */
export function leftInRunDirectory(): string[] {
  const directory = process.env.TEMPORARY_FOR_TESTS;
  if (directory === undefined) return [];
  const names = readdirSync(directory).filter((name) => name.startsWith("sallyport-"));
  return names.map((name) => join(directory, name));
}

/** Those of runs that were killed. Other users' are theirs to remove. */
function removeStale(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length)) : 0;
    if (pid === 0 || isAlive({ pid, ticks: "" })) continue;
    try {
      remove(join(parent, name));
    } catch {}
  }
}

/** Not with a mount in it, behind which files of the machine may be. */
function remove(directory: string): void {
  if (mountPoints().some((point) => point.startsWith(directory + sep))) return;
  rmSync(directory, { recursive: true, force: true });
}
