/** Paths of a project's files. `cdktf` in the project's directory uses the same paths. */
import { join } from "node:path";
import { homeOf } from "../base/home.js";
import { STACK_NAME, type StackName } from "./names.js";

export const statePath = (projectDir: string, stack: StackName = STACK_NAME): string =>
  join(projectDir, `terraform.${stack}.tfstate`);

export const outDir = (projectDir: string): string => join(projectDir, "cdktf.out");

export const stackDir = (outdir: string, stack: StackName = STACK_NAME): string => join(outdir, "stacks", stack);

/** Records the hosts that run on demand for want of a spot instance. */
export const spotFallbackStatePath = (projectDir: string): string =>
  join(projectDir, ".sallyport", "spot-fallback.json");

/** Directory for files that can be recreated: `$XDG_CACHE_HOME/sallyport`. */
export function cacheDir(env: NodeJS.ProcessEnv): string {
  const base = env.XDG_CACHE_HOME?.startsWith("/") ? env.XDG_CACHE_HOME : join(homeOf(env), ".cache");
  return join(base, "sallyport");
}
