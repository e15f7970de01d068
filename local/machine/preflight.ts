/** Whether this machine can boot a host in namespaces; if not, why. */
import { existsSync } from "node:fs";
import { run } from "../../base/process/run.js";
import { withParentDeathOfTree } from "../../base/process/spawn.js";
import { findProgram } from "../../base/tools.js";
import { unifiedHierarchy } from "./control-group.js";

export interface NamespaceSupport {
  readonly hierarchy: string;
  readonly systemd: string;
}

const PROGRAMS = [
  "bash",
  "curl",
  "ip",
  "mount",
  "nft",
  "nsenter",
  "setpriv",
  "ssh-keygen",
  "sysctl",
  "tar",
  "unshare",
  "useradd",
];
const SYSTEMDS = ["/lib/systemd/systemd", "/usr/lib/systemd/systemd"];

/** @returns the available support, or one line that names what is missing. */
export async function namespaceSupport(): Promise<NamespaceSupport | string> {
  if (process.platform !== "linux") return `this is ${process.platform}: packet filtering and namespaces need Linux`;
  if (process.getuid?.() !== 0) return "not root: packet filtering and namespaces need it (sudo npm start)";
  const missing = [...PROGRAMS, "sshd"].filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) return `not found: ${missing.join(", ")} (node scripts/setup.mjs installs them)`;
  const systemd = SYSTEMDS.find((path) => existsSync(path));
  if (systemd === undefined) return "there is no systemd here";
  const hierarchy = await unifiedHierarchy();
  if (hierarchy === undefined) return "there is no writable cgroup2 file system here";
  // Containers often have root without the right to create namespaces or mounts.
  const [program = "", ...args] = withParentDeathOfTree([
    "unshare",
    "--net",
    "--mount",
    "--",
    "ip",
    "link",
    "set",
    "lo",
    "up",
  ]);
  const tried = await run(program, args, { timeoutMs: 20_000 });
  if (tried.exitCode !== 0) return `namespaces cannot be made here: ${tried.stderr.split("\n")[0]}`;
  return { hierarchy, systemd };
}
