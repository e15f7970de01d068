import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../../../..");

/** The accelerators as they are shipped. @returns the directory of `NAME.mjs`, for the caller to remove. */
export async function bundleAccelerators(): Promise<string> {
  const outdir = mkdtempSync(join(tmpdir(), "sallyport-programs-"));
  await build({
    absWorkingDir: root,
    entryPoints: { gzip: "agent/jobs/builtin/gzip.ts", sha3: "agent/jobs/builtin/sha3.ts" },
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    banner: { js: 'import { createRequire as __cr } from "node:module"; const require = __cr(import.meta.url);' },
    logLevel: "warning",
  });
  return outdir;
}
