/** Paths of a project's files. `cdktf` in the project's directory uses the same paths. */
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { makeDir } from "../base/fs/make-dir.js";
import { homeOf } from "../base/home.js";
import { noCache } from "./errors.js";
import { STACK_NAME, type StackName } from "./names.js";

export const statePath = (projectDir: string, stack: StackName = STACK_NAME): string =>
  join(projectDir, `terraform.${stack}.tfstate`);

export const outDir = (projectDir: string): string => join(projectDir, "cdktf.out");

export const stackDir = (outdir: string, stack: StackName = STACK_NAME): string => join(outdir, "stacks", stack);

/** Records the hosts that run on demand for want of a spot instance. */
export const spotFallbackStatePath = (projectDir: string): string =>
  join(projectDir, ".sallyport", "spot-fallback.json");

/** Directory for files that can be recreated: `$XDG_CACHE_HOME/sallyport`. */
export function cachePath(env: NodeJS.ProcessEnv): string {
  const base = env.XDG_CACHE_HOME?.startsWith("/") ? env.XDG_CACHE_HOME : join(homeOf(env), ".cache");
  return join(base, "sallyport");
}

/** {@link cachePath}, made if missing. @throws Fault if nothing can be written there */
export async function cacheDir(env: NodeJS.ProcessEnv): Promise<string> {
  const dir = cachePath(env);
  try {
    await makeDir(dir, 0o700);
    await access(dir, constants.W_OK);
  } catch (error) {
    throw noCache(dir, error);
  }
  return dir;
}
