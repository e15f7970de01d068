/** What a run may not leave behind: processes, named namespaces, mounts and control groups of ours. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";

/** What identifies it → how to describe it. */
export type Leftovers = ReadonlyMap<string, string>;

const root = join(import.meta.dirname, "../..");

export function leftovers(): Leftovers {
  if (process.platform !== "linux") return new Map();
  return new Map([...processes(), ...namespaces(), ...mounts(), ...controlGroups()]);
}

/** Orphans of this checkout: their parent is gone, and they run a program, or work in a directory, of ours. */
function processes(): [string, string][] {
  const found: [string, string][] = [];
  for (const name of list("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(join("/proc", name, "stat"), "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const [state, parent, started] = [fields[0], Number(fields[1]), fields[19]];
      if (parent !== 1 || state === "Z") continue;
      const command = readFileSync(join("/proc", name, "cmdline"), "utf8")
        .replaceAll("\0", " ")
        .trim();
      const directory = readlinkSync(join("/proc", name, "cwd"));
      const ours = command.includes(root + sep) || isInside(directory, root) || isOurTemporary(directory);
      if (ours) found.push([`process ${name} ${started}`, `process ${name}: ${command.slice(0, 200)}`]);
    } catch {
      // It has ended, or is not ours to look at.
    }
  }
  return found;
}

const namespaces = (): [string, string][] =>
  list("/run/netns").map((name) => [`netns ${name}`, `network namespace ${name}`]);

function mounts(): [string, string][] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const points = lines.map((line) => line.split(" ")[4] ?? "").filter((point) => isInside(point, tmpdir()));
  return points.map((point) => [`mount ${point}`, `mount at ${point}`]);
}

/** Named after the process that made them, as in local/machine/control-group.ts: those of the living are in use. */
function controlGroups(): [string, string][] {
  const names = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].flatMap(list);
  return names
    .map((name) => /^sallyport-host-(\d+)-/.exec(name))
    .filter((match) => match !== null)
    .filter(([, pid]) => !list("/proc").includes(pid ?? ""))
    .map(({ input }) => [`cgroup ${input}`, `control group ${input}`]);
}

const isInside = (path: string, directory: string) => path.startsWith(directory + sep);
const isOurTemporary = (path: string) => isInside(path, tmpdir()) && path.slice(tmpdir().length).includes("sallyport");

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
