/**
 * Tells Terraform where to find its provider. A plugin on this machine is preferred, so that nothing is downloaded
 * twice and a deployment also works offline. The user's own settings take precedence.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "../../base/fs/atomic.js";
import { makeDir } from "../../base/fs/make-dir.js";
import { homeOf } from "../../base/home.js";
import { cacheDir } from "../files.js";

/** The provider version that `@cdktf/provider-aws` 20.1.0 was generated for. */
const PROVIDER_VERSION = "5.100.0";

export interface CliConfigOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Registry host from which the binary takes `hashicorp/aws`. @default Terraform's */
  readonly registry?: string;
  /** Directories to search beside those of the environment and the user. @default - the usual system directories */
  readonly roots?: readonly string[];
}

/** Additions to the environment of Terraform, and of a `cdktf` that starts it. */
export async function terraformEnv(options: CliConfigOptions): Promise<Record<string, string>> {
  const { env } = options;
  const quiet = { CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_INPUT: "0" };
  if (env.TF_CLI_CONFIG_FILE && existsSync(env.TF_CLI_CONFIG_FILE)) return quiet;
  const ownFile = join(homeOf(env), ".terraformrc");
  if (!env.TF_CLI_CONFIG_FILE && existsSync(ownFile)) return quiet;
  const dir = await cacheDir(env);
  const plugins = join(dir, "plugins");
  await makeDir(plugins, 0o700);
  const registry = options.registry ?? "registry.terraform.io";
  const mirror = await findMirror(env, registry, options.roots ?? systemRoots());
  const file = join(dir, `${registry.split(".")[1] ?? "terraform"}.rc`);
  await replaceFile(file, cliConfig(`${registry}/hashicorp/aws`, mirror, plugins), 0o600);
  return { ...quiet, TF_CLI_CONFIG_FILE: file };
}

/** The text of a CLI configuration file. Pure. */
export function cliConfig(provider: string, mirror: string | undefined, pluginCache: string): string {
  if (mirror === undefined) return `plugin_cache_dir = ${JSON.stringify(pluginCache)}\n`;
  return [
    "provider_installation {",
    "  filesystem_mirror {",
    `    path    = ${JSON.stringify(mirror)}`,
    `    include = [${JSON.stringify(provider)}]`,
    "  }",
    "  direct {",
    `    exclude = [${JSON.stringify(provider)}]`,
    "  }",
    "}",
    "",
  ].join("\n");
}

/** The first directory that holds the provider for this machine, unpacked or as Terraform's zip file. */
async function findMirror(
  env: NodeJS.ProcessEnv,
  registry: string,
  roots: readonly string[],
): Promise<string | undefined> {
  const home = homeOf(env);
  const data = env.XDG_DATA_HOME || join(home, ".local/share");
  const candidates = [
    ...(env.TF_PLUGIN_CACHE_DIR ? [env.TF_PLUGIN_CACHE_DIR] : []),
    ...["terraform/plugins", "opentofu/plugins"].map((name) => join(data, name)),
    ...(await children(join(home, ".terraform.d"))),
    ...(await Promise.all(roots.map(children))).flat(),
    ...roots.map((root) => join(root, "terraform/plugins")),
  ];
  const platform = `${process.platform === "win32" ? "windows" : process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
  return candidates.find((dir) => {
    const provider = join(dir, registry, "hashicorp/aws");
    return (
      existsSync(join(provider, PROVIDER_VERSION, platform)) ||
      existsSync(join(provider, `terraform-provider-aws_${PROVIDER_VERSION}_${platform}.zip`))
    );
  });
}

const systemRoots = (): readonly string[] => ["/usr/local/share", "/usr/share", "/opt"];

async function children(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.sort().map((name) => join(dir, name));
}
