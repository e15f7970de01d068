/** A Debian with the real cloud-init, made once by debootstrap and kept in the cache directory. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { withParentDeathOfTree } from "../../../base/process/spawn.js";
import { findProgram } from "../../../base/tools.js";
import { run } from "../../support/run.js";

const SUITE = "bookworm";
// Without python3-cffi-backend debootstrap does not get cloud-init's own dependencies right and fails.
const PACKAGES = ["python3-cffi-backend", "cloud-init", "systemd", "systemd-sysv", "dbus", "openssh-server", "curl"];
const MORE = ["iproute2", "ca-certificates", "sudo"];

/** @returns its path, or why there is none. */
export async function debianRoot(): Promise<{ readonly root: string } | string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "sallyport");
  const root = join(cache, `cloud-init-${SUITE}`);
  if (existsSync(root)) return { root };
  if (process.getuid?.() !== 0) return "debootstrap needs root";
  if (findProgram("debootstrap") === undefined) return "debootstrap is not installed";
  await mkdir(cache, { recursive: true });
  const unpacked = `${root}.${process.pid}`;
  const include = `--include=${[...PACKAGES, ...MORE].join(",")}`;
  // dpkg syncs every file it writes: in memory that costs nothing.
  const script = `mount -t tmpfs tmpfs "$1" && debootstrap --variant=minbase ${include} ${SUITE} "$1/root" && cp -a "$1/root" "$2"`;
  const work = `${unpacked}.work`;
  await mkdir(work);
  try {
    const [program = "", ...args] = withParentDeathOfTree(["bash", "-c", script, "debian", work, unpacked]);
    const made = await run(program, args, { timeoutMs: 550_000, shownAs: "debootstrap" });
    if (made.exitCode !== 0) return `debootstrap failed: ${(made.stderr || made.stdout).trim().split("\n").at(-1)}`;
    await rename(unpacked, root);
    return { root };
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(unpacked, { recursive: true, force: true });
  }
}
