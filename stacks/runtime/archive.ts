/**
 * Builds the runtime archive that hosts install: a pinned Linux Node.js, the bundled agent, its built-in accelerators,
 * and its units.
 *
 * Equal content gives an equal tar stream on every machine, since order, modes, owners and times are fixed. The SHA-256
 * of the stream names the archive, and the host checks it. The digest covers the tar and not the gzip around it: zlib
 * differs between Node versions, and a new Node here must not replace machines there.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { chmod, copyFile, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
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
    const tar = join(work, "runtime.tar");
    await create({ cwd: tree, file: tar, portable: true, noMtime: true, noDirRecurse: true }, members);
    const sha256 = await digest(tar);
    const file = join(cache, `runtime-${sha256}.tar.gz`);
    if (existsSync(file)) return { file, sha256 };
    options.onStep?.("packing the hosts' runtime (once per version)");
    const packed = join(work, "runtime.tar.gz");
    await pipeline(createReadStream(tar), createGzip({ level: 6 }), createWriteStream(packed, { mode: 0o600 }));
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

/** Copies the archive's content into place. The list determines the order. */
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
    await copyFile(from, join(tree, to));
    await chmod(join(tree, to), mode);
  }
  return [...dirs, ...files.map(([, to]) => to)].sort();
}

async function digest(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}
