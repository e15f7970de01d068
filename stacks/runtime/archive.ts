/**
 * Builds the runtime archive that hosts install: a pinned Linux Node.js, the bundled agent, its built-in accelerators,
 * and its units.
 *
 * Equal content gives an equal tar stream on every machine, since order, modes, owners and times are fixed. The SHA-256
 * of the stream names the archive, and the host checks it. The digest covers the tar and not the gzip around it: zlib
 * differs between Node versions, and a new Node here must not replace machines there.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdtemp, readdir, rename, rm, stat, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { create } from "tar";
import { makeDir } from "../../base/fs/make-dir.js";
import { packageRoot } from "../../base/tools.js";
import type { RuntimeArchive } from "../constructs/runtime-object.js";
import { cacheDir } from "../files.js";
import * as errors from "./errors.js";
import { findHostNode } from "./host-node.js";

export interface RuntimeOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Directory with `agent.mjs`, `accelerators/` and `systemd/`; for a gateway, `gateway.mjs` and `gateway-systemd/` too. @default - `dist/runtime` of this package */
  readonly bundle?: string;
  /** The Linux `node` binary. @default - from the pinned npm package */
  readonly node?: string;
  readonly onStep?: (text: string) => void;
  /** The machine's purpose: a new gateway must not replace accelerator hosts. @default "host" */
  readonly role?: "host" | "gateway";
}

/** Builds the archive, or finds it in the cache. */
export async function buildRuntime(options: RuntimeOptions): Promise<RuntimeArchive> {
  const cache = await cacheDir(options.env);
  const node = options.node ?? (await findHostNode(cache, options.env, options.onStep));
  const work = await mkdtemp(join(cache, ".runtime-"));
  try {
    const tree = join(work, "tree");
    const members = await stage(tree, node, options.bundle ?? join(packageRoot, "dist/runtime"), options.role);
    const stream = { cwd: tree, portable: true, noMtime: true, noDirRecurse: true, follow: true };
    const hash = createHash("sha256");
    for await (const chunk of create(stream, members)) hash.update(chunk);
    const sha256 = hash.digest("hex");
    const file = join(cache, `runtime-${sha256}.tar.gz`);
    if (existsSync(file)) return { file, sha256 };
    options.onStep?.("packing the hosts' runtime (once per version)");
    const packed = join(work, "runtime.tar.gz");
    await create({ ...stream, file: packed, mode: 0o600, gzip: { level: 6 } }, members);
    await rename(packed, file);
    return { file, sha256 };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const GATEWAY_MEMBERS: readonly (readonly [from: string, to: string])[] = [
  ["gateway.mjs", "gateway.mjs"],
  ["systemd/sallyport-secrets.service", "systemd/sallyport-secrets.service"],
  ["gateway-systemd/sallyport-gateway.service", "systemd/sallyport-gateway.service"],
];

/** Brings the archive's content into place. The list determines the order. */
async function stage(
  tree: string,
  node: string,
  bundle: string,
  role: RuntimeOptions["role"] = "host",
): Promise<string[]> {
  const members = async (dir: string, end: string): Promise<[from: string, to: string, mode: number][]> =>
    (await readdir(join(bundle, dir)).catch(() => []))
      .filter((name) => name.endsWith(end))
      .sort()
      .map((name) => [join(bundle, dir, name), `${dir}/${name}`, 0o644]);
  // The agent is in both archives, because it fetches the secrets.
  const files: [from: string, to: string, mode: number][] = [
    [join(bundle, "agent.mjs"), "agent.mjs", 0o644],
    [node, "bin/node", 0o755],
    ...(role === "host"
      ? [...(await members("accelerators", ".mjs")), ...(await members("systemd", ".service"))]
      : GATEWAY_MEMBERS.map(([from, to]): [string, string, number] => [join(bundle, from), to, 0o644])),
  ];
  const dirs = [...(role === "host" ? ["accelerators"] : []), "bin", "systemd"];
  for (const dir of dirs) {
    await makeDir(join(tree, dir));
    await chmod(join(tree, dir), 0o755);
  }
  for (const [from, to, mode] of files) {
    if (!existsSync(from)) throw errors.notBuilt(from);
    if (await linked(from, join(tree, to), mode)) continue;
    await copyFile(from, join(tree, to));
    await chmod(join(tree, to), mode);
  }
  return [...dirs, ...files.map(([, to]) => to)].sort();
}

/** Every plan comes here, and Node.js has 120 MB. @returns false if the mode is another, or the file system has no links. */
async function linked(from: string, to: string, mode: number): Promise<boolean> {
  if (((await stat(from)).mode & 0o777) !== mode) return false;
  return symlink(resolve(from), to).then(
    () => true,
    () => false,
  );
}
