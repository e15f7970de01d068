/** Runs the real `cdktf deploy` with its own project directory and environment. */
import { createWriteStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Fault } from "../../base/fault.js";
import { homeOf } from "../../base/home.js";
import { endChild, endTree, spawnWithParentDeath, withParentDeathOfTree } from "../../base/process/spawn.js";
import { findProgram } from "../../base/tools.js";
import { STACK_NAME, type StackName } from "../../stacks/names.js";
import { terraformEnv } from "../../stacks/terraform/cli-config.js";
import { cdktfFailed, cdktfMissing, terraformMissing } from "../errors.js";
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
  /** Called for each change of a resource and each step of the kit's preparation. The plan is left out. */
  readonly onStep?: (text: string) => void;
}

export interface DeployResult {
  readonly added: number;
  readonly changed: number;
  readonly destroyed: number;
}

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

export async function cdktfDeploy(options: DeployOptions): Promise<DeployResult> {
  const { dir, env, signal } = options;
  const log = join(dir.logs, "cdktf.log");
  const args = ["deploy", options.stack ?? STACK_NAME, "--auto-approve", "--skip-provider-lock"];
  const command = [process.execPath, await cdktfProgram(), ...args];
  const child = spawnWithParentDeath(options.inNamespace === true ? withParentDeathOfTree(command) : command, {
    cwd: dir.project,
    env: { ...env, CI: "1", NO_COLOR: "1", FORCE_COLOR: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = () => void (options.inNamespace === true ? endTree(child) : endChild(child, 0));
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const said = createWriteStream(log, { flags: "a", mode: 0o600 });
    const result: { -readonly [K in keyof DeployResult]: number } = { added: -1, changed: -1, destroyed: -1 };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (raw) => {
        const line = raw.trimEnd();
        said.write(`${line}\n`);
        const done = /(\d+) added, (\d+) changed, (\d+) destroyed/.exec(line);
        if (done !== null)
          Object.assign(result, { added: Number(done[1]), changed: Number(done[2]), destroyed: Number(done[3]) });
        if (/\bNo changes\b/.test(line)) Object.assign(result, { added: 0, changed: 0, destroyed: 0 });
        const step = stepIn(line);
        if (step !== undefined) options.onStep?.(step);
      });
    }
    const status = await new Promise<number | null>((resolve, reject) =>
      child.once("error", reject).once("close", resolve),
    );
    said.end();
    signal?.throwIfAborted();
    if (status !== 0) throw cdktfFailed(log, await lastLines(log));
    return result;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** `accelerator-hosts  aws_instance.x (host/Instance): Creating...` → `host/Instance: Creating...` */
function stepIn(line: string): string | undefined {
  const prepared = /\bsallyport: (.+)$/.exec(line);
  if (prepared !== null) return prepared[1];
  const [, name = "", doing = ""] =
    /\S+ \(([^)]+)\): ((?:Creating|Creation|Reading|Modif|Destr|Refreshing|Still)[^[]*)/.exec(line) ?? [];
  return name === "" ? undefined : `${name}: ${doing.trim()}`;
}

async function cdktfProgram(): Promise<string> {
  try {
    const manifest = createRequire(import.meta.url).resolve("cdktf-cli/package.json");
    const { bin } = JSON.parse(await readFile(manifest, "utf8")) as { bin: string | Record<string, string> };
    return join(dirname(manifest), typeof bin === "string" ? bin : (bin.cdktf ?? ""));
  } catch (error) {
    throw error instanceof Fault ? error : cdktfMissing();
  }
}

/** The log from its first error on, or its last lines. Terraform prints the cause before the summary. */
async function lastLines(file: string): Promise<string> {
  const lines = (await readFile(file, "utf8").catch(() => "")).trim().split("\n");
  const first = lines.findIndex((line) => /\berror\b/i.test(line) && !/\[ERROR\] default - sallyport:/.test(line));
  return first < 0 ? lines.slice(-12).join("\n") : lines.slice(first, first + 20).join("\n");
}
