/** Builds the zip file for Lambda: the bundled handler, and nothing else. Equal code gives equal bytes. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errno } from "../../base/fault.js";
import { replaceFile } from "../../base/fs/atomic.js";
import { packageRoot } from "../../base/tools.js";
import { cacheDir } from "../files.js";
import { notBuilt } from "../runtime/errors.js";
import { zip } from "../runtime/zip.js";
import type { FunctionBundle } from "./inputs.js";

const BUNDLE = "firewall-sync.mjs";

export async function buildSyncBundle(options: {
  readonly env: NodeJS.ProcessEnv;
  /** @default - `dist/runtime` of this package */
  readonly dir?: string;
}): Promise<FunctionBundle> {
  const source = join(options.dir ?? join(packageRoot, "dist/runtime"), BUNDLE);
  const data = await readFile(source).catch((error: unknown) => {
    throw errno(error) === "ENOENT" ? notBuilt(source) : error;
  });
  const packed = zip([{ name: BUNDLE, data }]);
  const digest = createHash("sha256").update(packed).digest();
  const cache = await cacheDir(options.env);
  const file = join(cache, `firewall-sync-${digest.toString("hex")}.zip`);
  await replaceFile(file, packed, 0o644);
  return { file, sha256: digest.toString("base64") };
}
