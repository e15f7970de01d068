/** What a run may not leave behind: processes, network namespaces, mounts, control groups and files of ours. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { mounts } from "./mounts.js";
import { leftInRunDirectory } from "./run-directory.js";

/** What identifies it → how to describe it. */
export type Leftovers = ReadonlyMap<string, string>;

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Start time in clock ticks: with the pid, it names one process for ever. */
  readonly started: string;
  readonly isZombie: boolean;
  readonly command: string;
  readonly directory: string;
  /** `net:[4026532281]`; empty if it may not be read. */
  readonly network: string;
  /** Values of COMPILED_FOR_TESTS, which a run of the tests hands down to what it starts. */
  readonly run: string | undefined;
}

export interface Checkout {
  readonly root: string;
  readonly run: string | undefined;
  readonly temporary: string;
  /** The network namespace that the run itself is in. */
  readonly network: string;
}

const root = join(import.meta.dirname, "../..");
/** The machine's own, in which that of the run is made later. */
const temporary = tmpdir();

export function leftovers(): Leftovers {
  if (process.platform !== "linux") return new Map();
  const here = { root, run: process.env.COMPILED_FOR_TESTS, temporary, network: link("/proc/self/ns/net") };
  const left = orphansOf(allProcesses(), here).map((each): [string, string] => [
    `process ${each.pid} ${each.started}`,
    `process ${each.pid}: ${each.command.slice(0, 200)}`,
  ]);
  return new Map([...left, ...namespaces(), ...mountsLeft(), ...controlGroups(), ...files()]);
}

/**
 * Processes that have outlived whoever started them: the first of their ancestors is a child of the machine's init, and
 * one of these holds:
 *
 * - they run a program, or work in a directory, of this checkout;
 * - they have the mark of this run;
 * - they work in a temporary directory of ours, and have no mark of another run;
 * - they are in a network namespace of their own in which everything is orphaned. Sessions of an sshd look like this.
 */
export function orphansOf(
  processes: readonly Process[],
  { root: checkout, run, temporary, network: own }: Checkout,
): Process[] {
  const byPid = new Map(processes.map((each) => [each.pid, each]));
  const isOurs = ({ command, directory, run: mark }: Process) =>
    command.includes(checkout + sep) ||
    isInside(directory, checkout) ||
    (run !== undefined && mark === run) ||
    (mark === undefined && isInside(directory, temporary) && directory.slice(temporary.length).includes("sallyport"));
  const isOrphan = ({ parent }: Process) => parent === 1;
  const alive = processes.filter(({ isZombie, pid }) => !isZombie && pid !== 1);
  const rootOf = (each: Process): Process => {
    const parent = byPid.get(each.parent);
    return each.parent <= 1 || parent === undefined ? each : rootOf(parent);
  };
  // Whoever still uses a namespace is outside of it, and the parent of something inside.
  const held = new Set(alive.filter((each) => rootOf(each).network !== each.network).map(({ network }) => network));
  const isAbandoned = ({ network }: Process) => network !== "" && network !== own && !held.has(network);
  return alive.filter((each) => isOrphan(each) && (isOurs(each) || isAbandoned(each)));
}

function allProcesses(): Process[] {
  return list("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(join("/proc", name, "stat"), "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const environment = read(join("/proc", name, "environ"));
      return {
        pid: Number(name),
        parent: Number(fields[1]),
        started: fields[19] ?? "",
        isZombie: fields[0] === "Z",
        command: read(join("/proc", name, "cmdline"))
          .replaceAll("\0", " ")
          .trim(),
        directory: link(join("/proc", name, "cwd")),
        network: link(join("/proc", name, "ns/net")),
        run: /(?:^|\0)COMPILED_FOR_TESTS=([^\0]*)/.exec(environment)?.[1],
      };
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

const namespaces = (): [string, string][] =>
  list("/run/netns").map((name) => [`netns ${name}`, `network namespace ${name}`]);

/** Those in temporary directories, and those that keep a namespace. */
const mountsLeft = (): [string, string][] =>
  mounts().flatMap(({ point, isNamespace }): [string, string][] =>
    isNamespace || isInside(point, temporary) ? [[`mount ${point}`, `mount at ${point}`]] : [],
  );

const files = (): [string, string][] => leftInRunDirectory().map((path) => [`file ${path}`, `file ${path}`]);

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

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
