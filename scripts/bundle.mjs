// Bundles what is shipped into one file each: the agent and its accelerators for hosts, the gateway, the follower of
// lists for Lambda.
//   node scripts/bundle.mjs [DIRECTORY]
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { argv } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { create } from "tar";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** @returns esbuild's metafile. */
export async function bundle(outdir) {
  const page = JSON.stringify(await bundlePage("gateway"));
  mkdirSync(resolve(root, outdir), { recursive: true });
  // For a gateway that runs from the checkout; the bundled one has it inside.
  writeFileSync(resolve(root, outdir, "page.json"), page);
  // For "sallyport ui", which is no bundle.
  writeFileSync(resolve(root, outdir, "hosts-page.json"), JSON.stringify(await bundlePage("ui")));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      agent: "agent/main.ts",
      "accelerators/gzip": "agent/jobs/builtin/gzip.ts",
      "accelerators/sha3": "agent/jobs/builtin/sha3.ts",
      gateway: "gateway/main.ts",
      "firewall-sync": "firewall/lambda/handler.ts",
    },
    // An optional driver of pg, which is not installed.
    external: ["pg-native"],
    define: { SALLYPORT_PAGE: page },
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    legalComments: "none",
    metafile: true,
    // Bundled CommonJS packages call require() for Node's own modules.
    banner: { js: 'import { createRequire as __cr } from "node:module"; const require = __cr(import.meta.url);' },
    logLevel: "warning",
  });
  copyPglite(outdir);
  return metafile;
}

/** The page of a room, by path of the request: its `page/app` and `page/static`, with what they take of the room `page/`. */
export async function bundlePage(room) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { app: `${room}/page/app/main.ts`, style: `${room}/page/static/app.css` },
    tsconfig: `${room}/page/app/tsconfig.json`,
    outdir: "page",
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "none",
    write: false,
    logLevel: "warning",
  });
  const made = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text;
  const read = (name) => readFileSync(join(root, name), "utf8");
  return {
    "/": { type: "text/html; charset=utf-8", text: read(`${room}/page/static/index.html`) },
    "/app.js": { type: "text/javascript; charset=utf-8", text: made(".js") },
    "/app.css": { type: "text/css; charset=utf-8", text: made(".css") },
    "/favicon.svg": { type: "image/svg+xml", text: read("page/static/favicon.svg") },
  };
}

/** The embedded database reads these three beside the code that opens it. */
export function copyPglite(outdir) {
  const from = dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite"));
  for (const name of ["pglite.wasm", "pglite.data", "initdb.wasm"]) cpSync(join(from, name), join(outdir, name));
}

/** A new data directory of the embedded database, to be unpacked: making one takes seconds and 900 MiB of memory. */
export async function prepareDatabase(outdir) {
  const dir = mkdtempSync(join(tmpdir(), "sallyport-prepared-"));
  try {
    const { PGlite } = await import("@electric-sql/pglite");
    const database = await PGlite.create(dir);
    await database.close();
    await create({ gzip: true, portable: true, cwd: dir, file: join(outdir, "pglite-new.tar.gz") }, ["."]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(argv[1] ?? "").href) await bundle(argv[2] ?? "dist/runtime");
