/**
 * The one directory that a demo writes to: a project as a user would have it, with a home of its own,
 * so that the user's ~/.ssh is never touched.
 */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { createExclusive, ensurePrivateDir } from "../base/files.js";
import { packageRoot } from "../base/tools.js";
import { isAlive } from "./control-group.js";
import { demoRunning } from "./errors.js";

export interface DemoDir {
  readonly root: string;
  readonly home: string;
  readonly project: string;
  readonly logs: string;
  /** Kept from run to run: the packed runtime, the provider. */
  readonly cache: string;
  release(): Promise<void>;
}

export async function openDemoDir(root: string, settings: Readonly<Record<string, unknown>>): Promise<DemoDir> {
  await ensurePrivateDir(root);
  const release = await lock(root);
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
  const main = join(packageRoot, "dist/stacks/main.js");
  const app = [process.execPath, main].map((word) => JSON.stringify(word)).join(" ");
  const cdktf = { language: "typescript", app, projectId: "sallyport-demo", sendCrashReports: "false" };
  await writeFile(join(dir.project, "cdktf.json"), `${JSON.stringify(cdktf, null, 2)}\n`);
  return dir;
}

/** One demo per directory. The lock of one that was killed is taken over. */
async function lock(root: string): Promise<() => Promise<void>> {
  const file = join(root, "lock");
  const mine = `${process.pid} ${await startOf(process.pid)}\n`;
  for (;;) {
    if (await createExclusive(file, mine, 0o600)) return () => rm(file, { force: true });
    const theirs = await readFile(file, "utf8").catch(() => "");
    const [pid = 0, start] = theirs.trim().split(" ").map(Number);
    if (theirs !== "" && isAlive(pid) && (await startOf(pid)) === start) throw demoRunning(root, pid);
    // Of several that find it stale one may have renewed it meanwhile: what was moved away must be what was read.
    const aside = `${file}.${process.pid}`;
    await rename(file, aside).catch(() => undefined);
    const moved = await readFile(aside, "utf8").catch(() => theirs);
    await rm(aside, { force: true });
    if (moved !== theirs) await createExclusive(file, moved, 0o600);
  }
}

/** When the process began, in the kernel's ticks: a number taken over by another process does not fool the lock. */
async function startOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? 0);
}
