/** Where a project's files lie. `cdktf` run in the project's directory uses the same places. */
import { homedir } from "node:os";
import { join } from "node:path";
import { STACK_NAME, type StackName } from "./names.js";

export const statePath = (projectDir: string, stack: StackName = STACK_NAME): string =>
  join(projectDir, `terraform.${stack}.tfstate`);

export const outDir = (projectDir: string): string => join(projectDir, "cdktf.out");

export const stackDir = (outdir: string, stack: StackName = STACK_NAME): string => join(outdir, "stacks", stack);

/** Hosts that are on demand for want of a spot instance. */
export const spotFallbackStatePath = (projectDir: string): string =>
  join(projectDir, ".sallyport", "spot-fallback.json");

/** For what can be made again: `$XDG_CACHE_HOME/sallyport`. */
export function cacheDir(env: NodeJS.ProcessEnv): string {
  const base = env.XDG_CACHE_HOME?.startsWith("/") ? env.XDG_CACHE_HOME : join(env.HOME ?? homedir(), ".cache");
  return join(base, "sallyport");
}
