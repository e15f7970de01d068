/** The packages of others that a release ships or installs: the dependencies, the peers, and what the bundles have inside. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errno } from "../../base/fault.js";
import { packageRoot } from "../../base/tools.js";
// @ts-expect-error a script without types
import { bundle } from "../bundle.mjs";
// @ts-expect-error a script without types
import { bundleCli } from "../bundle-cli.mjs";
// @ts-expect-error a script without types
import { bundledDirectories } from "../licences.mjs";
import { type Licence, NOT_INSTALLED, nameOfPath, type PackageJson, type PackageLock } from "./package-json.js";

/** Bundles anew, for esbuild says only then what is inside. */
export async function packagesInBundles(): Promise<string[]> {
  const outdir = await mkdtemp(join(tmpdir(), "sallyport-bundles-"));
  try {
    const directories: string[] = bundledDirectories([await bundle(outdir), await bundleCli(join(outdir, "cli"))]);
    return [...new Set(directories.map(nameOfPath))].sort();
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

/** @returns the paths in the lock file of all that is shipped or installed. */
export function shippedPaths(
  lock: PackageLock,
  { peerDependencies }: PackageJson,
  bundled: readonly string[],
): string[] {
  const top = new Set([...bundled, ...Object.keys(peerDependencies)].map((name) => `node_modules/${name}`));
  return Object.keys(lock.packages).filter(
    (path) => path !== "" && (lock.packages[path]?.dev !== true || top.has(path)),
  );
}

/**
 * By package and version: the lock file's word, or that of an installed package.json in the old form.
 * `NOT_INSTALLED` if the lock file has none and the package is missing: npm leaves out optional ones that do not compile.
 */
export async function licencesOf(
  lock: PackageLock,
  paths: readonly string[],
  root = packageRoot,
): Promise<Map<string, Licence>> {
  const found = new Map<string, Licence>();
  for (const path of paths) {
    const { version, license } = lock.packages[path] ?? {};
    found.set(`${nameOfPath(path)}@${version}`, license ?? (await oldFormLicence(join(root, path))));
  }
  return found;
}

/** `"licenses": [{ "type": "MIT" }]`, which npm does not read. */
async function oldFormLicence(directory: string): Promise<Licence> {
  const text = await readFile(join(directory, "package.json"), "utf8").catch((error: unknown) => {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return NOT_INSTALLED;
  const { licenses = [] } = JSON.parse(text) as { licenses?: readonly { readonly type?: string }[] };
  return licenses.length === 0 ? undefined : licenses.map(({ type }) => type).join(" OR ");
}
