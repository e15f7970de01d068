// Bundles the command into dist/cli/: one file for what each command needs, and chunks for what a command imports when
// it runs. Reading hundreds of small modules was most of the time of `sallyport --help`.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import standaloneCode from "ajv/dist/standalone/index.js";
import { build } from "esbuild";
import { tsImport } from "tsx/esm/api";

const root = join(fileURLToPath(import.meta.url), "../..");

/** Installed beside the command: peers, of which there must be one copy, and packages that read files of their own. */
const EXTERNAL = ["cdktf", "constructs", "@cdktf/*", "ssh2", "pino"];

/** @returns esbuild's metafile: the chunks, what each imports, and from which files it is made. */
export async function bundleCli(outdir) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { main: "cli/main.ts" },
    // Without directories of their own, so that chunks find the package as dist/cli/main.js does.
    outdir,
    chunkNames: "[name]-[hash]",
    external: EXTERNAL,
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node20",
    format: "esm",
    legalComments: "none",
    metafile: true,
    plugins: [generatedCheck],
    // Bundled CommonJS packages call require() for Node's own modules.
    banner: { js: 'import { createRequire as __cr } from "node:module"; const require = __cr(import.meta.url);' },
    logLevel: "warning",
  });
  return metafile;
}

/** Stands in for config/schema-check.ts. */
const generatedCheck = {
  name: "generated-check",
  setup({ onLoad }) {
    onLoad({ filter: /\/config\/schema-check\.ts$/ }, async () => {
      const { ajv, validate } = await tsImport("../config/schema-check.ts", import.meta.url);
      return { contents: standaloneCode.default(ajv, validate), resolveDir: root };
    });
  },
};
