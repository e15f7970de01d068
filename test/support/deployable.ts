/** A project that the real Terraform deploys to an emulator of its own. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "../../base/defined.js";
import { packageRoot } from "../../base/tools.js";
import { startEmulator } from "../../local/emulator/emulator.js";
import { type InProcessRun, runInProcess } from "./run-cli.js";
import { sharedCache, terraformForTests } from "./terraform.js";

interface RunOptions {
  /** @default the project */
  readonly cwd?: string;
  /** Interrupts it, as Ctrl-C does. */
  readonly interrupt?: AbortSignal;
}

export interface Deployable {
  readonly project: string;
  /** Of the emulator. */
  readonly url: string;
  /** Of the commands. */
  readonly env: NodeJS.ProcessEnv;
  /** Writes sallyport.yaml. */
  configure(lines: readonly string[]): Promise<void>;
  /** In this process, which has loaded cdktf once. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>, options?: RunOptions): Promise<InProcessRun>;
  stop(): Promise<void>;
}

/** @param dir empty; all that is written lies below. */
export async function startDeployable(dir: string): Promise<Deployable> {
  if (!existsSync(join(packageRoot, "dist/runtime/agent.mjs"))) throw new Error('run "npm run build" first');
  const project = join(dir, "project");
  await mkdir(project);
  const emulator = await startEmulator({ dir: join(dir, "moto") });
  const kept = {
    PATH: process.env.PATH,
    HOME: join(dir, "home"),
    XDG_CACHE_HOME: sharedCache(dir),
    TMPDIR: process.env.TMPDIR,
    NO_COLOR: "1",
    ...emulator.env,
    ...(await terraformForTests(dir)),
  };
  return {
    project,
    url: emulator.url,
    env: kept,
    configure: (lines) => writeFile(join(project, "sallyport.yaml"), lines.join("\n")),
    run: (args, more = {}, { cwd = project, interrupt } = {}) => {
      const env = { ...kept, ...more };
      return withAwsVariables(env, () => runInProcess(args, defined({ cwd, env, signal: interrupt })));
    },
    stop: () => emulator.stop(),
  };
}

/** The SDK looks for them in its own process, which each file of tests has to itself. */
async function withAwsVariables<T>(env: NodeJS.ProcessEnv, work: () => Promise<T>): Promise<T> {
  const variables = (of: NodeJS.ProcessEnv) => Object.entries(of).filter(([name]) => name.startsWith("AWS_"));
  const replace = (by: readonly (readonly [string, string | undefined])[]) => {
    for (const [name] of variables(process.env)) delete process.env[name];
    Object.assign(process.env, Object.fromEntries(by));
  };
  const before = variables(process.env);
  replace(variables(env));
  try {
    return await work();
  } finally {
    replace(before);
  }
}
