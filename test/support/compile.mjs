// Compiles the sources, and bundles what is shipped to hosts: once per run, for all tests.
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { bundle } from "../../scripts/bundle.mjs";

const root = join(import.meta.dirname, "../..");
const PREFIX = ".compiled-";
/** Its depth matters: `base/tools.ts` finds the package's root two levels above its compiled self. */
const directory = join(root, `${PREFIX}${process.pid}`);
const SKIPPED =
  /(^|\/)node_modules(\/|$)|^(\.|dist|docs|examples|scripts|test-artifacts)|\.test\.ts$|\.d\.ts$|^gateway\/page\/app(\/|$)/;

/**
 * @param {{ runtime: boolean }} what whether the bundles are wanted as well, which take seconds.
 * @returns {Promise<string>} the directory, which goes when this process ends.
 */
export async function compile({ runtime }) {
  removeStale();
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const files = sources();
  await build({
    absWorkingDir: root,
    entryPoints: files.filter((file) => file.endsWith(".ts")),
    outdir: directory,
    outbase: root,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "warning",
  });
  for (const file of files.filter((file) => !file.endsWith(".ts"))) cpSync(join(root, file), join(directory, file));
  if (runtime) await bundle(join(directory, "runtime"));
  return directory;
}

/** Modules, and the files beside them that they read. */
function sources(dir = "") {
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (SKIPPED.test(path)) return [];
    if (entry.isDirectory()) return sources(path);
    return /\.(ts|sh|json|py)$/.test(entry.name) && dir !== "" ? [path] : [];
  });
}

/** Those of runs that were killed. */
function removeStale() {
  for (const name of readdirSync(root).filter((name) => name.startsWith(PREFIX))) {
    try {
      process.kill(Number(name.slice(PREFIX.length)), 0);
    } catch {
      rmSync(join(root, name), { recursive: true, force: true });
    }
  }
}
