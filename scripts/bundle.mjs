// Bundles what is shipped into one file each: the agent and its accelerators for hosts, the follower of lists for Lambda.
//   node scripts/bundle.mjs [DIRECTORY]
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
      "firewall-sync": "firewall/lambda/handler.ts",
    },
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
}

if (import.meta.url === pathToFileURL(argv[1] ?? "").href) await bundle(argv[2] ?? "dist/runtime");
