/** For the real Terraform and the real provider in tests: less to do for each command. */
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shellQuote } from "../../base/text/shell.js";
import { cliConfig, terraformEnv } from "../../stacks/terraform/cli-config.js";

/**
 * Each command reads the provider's schema of 1,500 resources, and the collector of Go takes a quarter of the processor
 * time: with a larger heap it runs less often.
 */
const FEWER_COLLECTIONS = { GOGC: "400" } as const;

/**
 * The plugins in the developer's home may be used, and nothing else of it.
 *
 * @param dir a file of tests has one of its own.
 * @returns what Terraform gets beside the rest of its environment.
 */
export async function terraformForTests(dir: string): Promise<Record<string, string>> {
  const env = await terraformEnv({ env: { ...process.env, XDG_CACHE_HOME: join(dir, "rc") } });
  const file = env.TF_CLI_CONFIG_FILE;
  if (file !== undefined) await startProviderByScript(file, join(dir, "rc/scripts"));
  return { ...FEWER_COLLECTIONS, ...env };
}

/** For the hosts' runtime, which has 40 MB and is the same for all: it may stay between runs. */
export const sharedCache = (dir: string): string =>
  process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? dir, ".cache");

/**
 * Terraform takes the digest of the provider's file, which has 700 MB, up to three times per command. It takes that of a
 * script as well.
 */
async function startProviderByScript(cliConfigFile: string, scripts: string): Promise<void> {
  const [, mirror = "", provider = ""] =
    /path {4}= "(.+)"\s+include = \["(.+)"\]/.exec(await readFile(cliConfigFile, "utf8")) ?? [];
  for (const entry of await readdir(join(mirror, provider), { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!/^terraform-provider-aws_v/.test(entry.name)) continue;
    const dir = entry.parentPath.replace(mirror, scripts);
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, entry.name), `#!/bin/sh\nexec ${shellQuote(join(entry.parentPath, entry.name))} "$@"\n`);
    await chmod(join(dir, entry.name), 0o755);
    await writeFile(cliConfigFile, cliConfig(provider, scripts, ""));
  }
}
