/** A project that the real Terraform deploys to an emulator of its own. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../base/tools.js";
import { startEmulator } from "../../local/emulator/emulator.js";
import { terraformEnv } from "../../stacks/terraform/cli-config.js";
import { type CliOptions, type CliRun, sallyport } from "./cli.js";
import { TERRAFORM_SPEED } from "./terraform-speed.js";

type RunOptions = Pick<CliOptions, "cwd" | "interrupt">;

export interface Deployable {
  readonly project: string;
  /** Of the emulator. */
  readonly url: string;
  /** Writes sallyport.yaml. */
  configure(lines: readonly string[]): Promise<void>;
  run(args: readonly string[], env?: Readonly<Record<string, string>>, options?: RunOptions): Promise<CliRun>;
  stop(): Promise<void>;
}

/** @param dir empty; all that is written lies below. */
export async function startDeployable(dir: string): Promise<Deployable> {
  if (!existsSync(join(packageRoot, "dist/runtime/agent.mjs"))) throw new Error('run "npm run build" first');
  const project = join(dir, "project");
  await mkdir(project);
  const emulator = await startEmulator({ dir: join(dir, "moto") });
  const kept = Object.entries({
    HOME: join(dir, "home"),
    // The runtime is 40 MB and the same for all: it may stay between runs.
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? dir, ".cache"),
    TMPDIR: process.env.TMPDIR,
    NO_COLOR: "1",
    ...emulator.env,
    ...TERRAFORM_SPEED,
    // The plugins that lie in the developer's home may be used; nothing else of it.
    ...(await terraformEnv({ env: { ...process.env, XDG_CACHE_HOME: join(dir, "rc") } })),
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    project,
    url: emulator.url,
    configure: (lines) => writeFile(join(project, "sallyport.yaml"), lines.join("\n")),
    run: (args, env = {}, options = {}) =>
      sallyport(args, { cwd: project, env: { ...Object.fromEntries(kept), ...env }, ...options }),
    stop: () => emulator.stop(),
  };
}
