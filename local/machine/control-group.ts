/**
 * The root control group of the host's systemd. Its name contains our PID, so that a later run can recognise dead ones.
 */
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { errno } from "../../base/fault.js";
import { isAlive } from "../../base/process/alive.js";

const PREFIX = "sallyport-host-";

/** The mount point of the unified cgroup hierarchy, if there is one. */
export async function unifiedHierarchy(): Promise<string | undefined> {
  const mounts = await readFile("/proc/self/mounts", "utf8").catch(() => "");
  for (const line of mounts.split("\n")) {
    const [, point = "", type, options = ""] = line.split(" ");
    if (type === "cgroup2" && options.split(",").includes("rw")) return point;
  }
  return undefined;
}

export async function makeControlGroup(hierarchy: string, name: string): Promise<string> {
  const dir = join(hierarchy, `${PREFIX}${process.pid}-${name}`);
  await mkdir(dir);
  return dir;
}

/** Kills the processes left in the group and removes it with its children. */
export async function removeControlGroup(dir: string): Promise<void> {
  // cgroup.kill needs Linux 5.14. On older kernels the PID namespace has already ended everything.
  await writeFile(join(dir, "cgroup.kill"), "1").catch(() => undefined);
  const deadline = Date.now() + 10_000;
  while (!(await removeTree(dir)) && Date.now() < deadline) await delay(20);
}

/** Removes the groups of runs that ended without clean-up. */
export async function removeStaleControlGroups(hierarchy: string): Promise<void> {
  for (const name of await readdir(hierarchy).catch(() => [])) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
    if (Number.isInteger(pid) && pid !== process.pid && !isAlive({ pid, ticks: "" }))
      await removeControlGroup(join(hierarchy, name));
  }
}

async function removeTree(dir: string): Promise<boolean> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(dir, entry.name));
  // A group is busy until its last process has exited.
  return rmdir(dir).then(
    () => true,
    (error) => errno(error) === "ENOENT",
  );
}
