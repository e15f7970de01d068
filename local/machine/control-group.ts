/** The control group that the host's systemd calls its root. Named after us, so that a later run can tell the dead. */
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { errno } from "../../base/fault.js";
import { isAlive } from "../../base/process/alive.js";

const PREFIX = "sallyport-host-";

/** Where this machine has mounted the unified hierarchy, if it has. */
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

/** Kills what is left in the group and removes it with its children. */
export async function removeControlGroup(dir: string): Promise<void> {
  // cgroup.kill needs Linux 5.14; before, the PID namespace has ended everything already.
  await writeFile(join(dir, "cgroup.kill"), "1").catch(() => undefined);
  const deadline = Date.now() + 10_000;
  while (!(await removeTree(dir)) && Date.now() < deadline) await delay(20);
}

/** Removes the groups of runs that ended without doing so. */
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
  // A group whose last process is still on its way out is busy.
  return rmdir(dir).then(
    () => true,
    (error) => errno(error) === "ENOENT",
  );
}
