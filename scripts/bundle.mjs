// Bundles what is shipped into one file each: the agent and its accelerators for hosts, the gateway, the follower of
// lists for Lambda.
//   node scripts/bundle.mjs [DIRECTORY]
import { cpSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

export async function bundle(outdir) {
  await build({
    absWorkingDir: root,
    entryPoints: {
      agent: "agent/main.ts",
      "accelerators/gzip": "agent/accelerators/gzip.ts",
      "accelerators/sha3": "agent/accelerators/sha3.ts",
      gateway: "gateway/main.ts",
      "firewall-sync": "firewall/lambda/handler.ts",
    },
    // An optional driver of pg, which is not installed.
    external: ["pg-native"],
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    legalComments: "none",
    // Bundled CommonJS packages call require() for Node's own modules.
    banner: { js: 'import { createRequire as __cr } from "node:module"; const require = __cr(import.meta.url);' },
    logLevel: "warning",
  });
  copyPglite(outdir);
}

/** The embedded database reads these three beside the code that opens it. */
export function copyPglite(outdir) {
  const from = dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite"));
  for (const name of ["pglite.wasm", "pglite.data", "initdb.wasm"]) cpSync(join(from, name), join(outdir, name));
}

if (import.meta.url === pathToFileURL(argv[1] ?? "").href) await bundle(argv[2] ?? "dist/runtime");
