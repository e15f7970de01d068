/**
 * The one directory that a demo writes to: a user's project with a home of its own, so that the real ~/.ssh is never
 * touched.
 */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { ensurePrivateDir } from "../../base/fs/atomic.js";
import { acquireLock } from "../../base/fs/lock.js";
import { demoRunning } from "../errors.js";

export interface DemoDir {
  readonly root: string;
  readonly home: string;
  readonly project: string;
  readonly logs: string;
  /** Kept between runs: the packed runtime and the provider. */
  readonly cache: string;
  release(): Promise<void>;
}

export async function openDemoDir(root: string, settings: Readonly<Record<string, unknown>>): Promise<DemoDir> {
  await ensurePrivateDir(root);
  const release = await acquireLock(join(root, "lock"), { held: (pid) => demoRunning(root, pid) });
  const place = (name: string) => join(root, name);
  const dir = {
    root,
    home: place("home"),
    project: place("project"),
    logs: place("logs"),
    cache: place("cache"),
    release,
  };
  for (const old of [dir.home, dir.project, dir.logs]) await rm(old, { recursive: true, force: true });
  for (const made of [dir.home, dir.project, dir.logs, dir.cache]) await ensurePrivateDir(made);
  await writeFile(join(dir.project, "sallyport.yaml"), stringify(settings));
  return dir;
}
