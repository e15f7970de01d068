// Compiles the sources, and bundles what is started as a program: once per run, for all tests.
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { bundle } from "../../scripts/bundle.mjs";

const root = join(import.meta.dirname, "../..");
const PREFIX = ".compiled-";
/** Its depth matters: `base/tools.ts` finds the package's root two levels above its compiled self. */
const directory = join(root, `${PREFIX}${process.pid}`);
const SKIPPED =
  /(^|\/)node_modules(\/|$)|^(\.|dist|docs|examples|scripts|test-artifacts)|\.test\.ts$|\.d\.ts$|(^|\/)page\/app(\/|$)/;

/** Many tests start these, and a bundle starts in half the time: Node.js opens a few files instead of hundreds. */
const PROGRAMS = [
  ...["agent", "cli", "gateway", "mirror"].map((room) => `${room}/main.ts`),
  "test/agent/jobs/support/driver.ts",
  "test/certs/support/make.ts",
  "test/mirror/support/serve.ts",
];
/** Loaded as they are: they have native parts, read files beside them, or are large and needed by few. */
const NOT_BUNDLED = ["@cdktf/*", "@electric-sql/pglite", "cdktf", "constructs", "pg", "ssh2"];

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
  await build({
    absWorkingDir: root,
    entryPoints: PROGRAMS,
    outdir: join(directory, "programs"),
    outbase: root,
    chunkNames: "chunks/[name]-[hash]",
    external: NOT_BUNDLED,
    plugins: [besideTheirSources],
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // Bundled CommonJS packages call require() for Node's own modules.
    banner: { js: 'import { createRequire as __cr } from "node:module"; const require = __cr(import.meta.url);' },
    logLevel: "warning",
  });
  for (const file of files.filter((file) => !file.endsWith(".ts"))) cpSync(join(root, file), join(directory, file));
  if (runtime) await bundle(join(directory, "runtime"));
  return directory;
}

/** A module in a bundle finds the files beside it where it would lie on its own. */
const besideTheirSources = {
  name: "beside-their-sources",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const place = pathToFileURL(join(directory, relative(root, path).replace(/\.ts$/, ".js"))).href;
      return { contents: text.replaceAll("import.meta.url", JSON.stringify(place)), loader: "ts" };
    });
  },
};

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
