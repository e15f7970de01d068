/** Deploys to the emulator, with a project directory and an environment of its own. Needs a built package. */
import { createWriteStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { homeOf } from "../../base/home.js";
import { endChild, endTree, spawnWithParentDeath, withParentDeathOfTree } from "../../base/process/spawn.js";
import { findProgram, packageRoot } from "../../base/tools.js";
import { STACK_NAME, type StackName } from "../../stacks/names.js";
import { terraformEnv } from "../../stacks/terraform/cli-config.js";
import { deployFailed, terraformMissing } from "../errors.js";
import type { DemoDir } from "../machine/demo-dir.js";
import type { Emulator } from "./emulator.js";

export interface DeployOptions {
  readonly dir: DemoDir;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Run it in a PID namespace, so that its children always end with it. Needs root. */
  readonly inNamespace?: boolean;
  /** @default accelerator-hosts */
  readonly stack?: StackName;
  /** Called for each step of the preparation, the plan and the changes. */
  readonly onStep?: (text: string) => void;
}

export interface DeployResult {
  readonly added: number;
  readonly changed: number;
  readonly destroyed: number;
}

/** A line that deploy-main.ts prints. */
export type DeployReport = { readonly step: string } | { readonly result: DeployResult };

/** The only part of the user's environment is where programs are: no profiles, no tokens, no proxies. */
export async function demoEnv(dir: DemoDir, emulator: Emulator): Promise<Record<string, string>> {
  const terraform = findProgram("terraform") ?? findProgram("tofu");
  if (terraform === undefined) throw terraformMissing();
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(PATH|LANG|LC_.*|TZ|TMPDIR|TERM|PYENV_ROOT)$/.test(name),
  );
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    HOME: dir.home,
    XDG_CACHE_HOME: dir.cache,
    TERRAFORM_BINARY_NAME: terraform,
    ...(await providerEnv(dir)),
    ...emulator.env,
  };
}

/** The provider is looked up with the user's real home, which holds their plugins and their CLI configuration. */
async function providerEnv(dir: DemoDir): Promise<Record<string, string>> {
  const ownFile = process.env.TF_CLI_CONFIG_FILE ?? join(homeOf(process.env), ".terraformrc");
  const added = await terraformEnv({ env: { ...process.env, XDG_CACHE_HOME: dir.cache } });
  return existsSync(ownFile) ? { TF_CLI_CONFIG_FILE: ownFile, ...added } : added;
}

/** Runs `sallyport up` as a user does, in a process that has the demo's environment and no other. */
export async function deploy(options: DeployOptions): Promise<DeployResult> {
  const { dir, env, signal, onStep, stack = STACK_NAME } = options;
  const log = join(dir.logs, "deploy.log");
  const command = [process.execPath, join(packageRoot, "dist/local/emulator/deploy-main.js"), stack];
  const child = spawnWithParentDeath(options.inNamespace === true ? withParentDeathOfTree(command) : command, {
    cwd: dir.project,
    // As in the command: the Node version that the AWS SDK will need next year is no step of a deployment.
    env: { ...env, NO_COLOR: "1", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = () => void (options.inNamespace === true ? endTree(child) : endChild(child, 0));
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const written = createWriteStream(log, { flags: "a", mode: 0o600 });
    const lines: string[] = [];
    let result: DeployResult | undefined;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        const report = stream === child.stdout ? (JSON.parse(line) as DeployReport) : { step: line };
        written.write(`${line}\n`);
        if ("result" in report) result = report.result;
        else {
          lines.push(report.step);
          onStep?.(report.step);
        }
      });
    }
    const status = await new Promise<number | null>((resolve, reject) =>
      child.once("error", reject).once("close", resolve),
    );
    written.end();
    signal?.throwIfAborted();
    if (status !== 0 || result === undefined) throw deployFailed(log, lines.slice(-12).join("\n"));
    return result;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
