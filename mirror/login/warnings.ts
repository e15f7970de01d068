/** Settings that make a tool bypass the mirror, or ask another index as well. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { iniEditor } from "./edit/ini.js";
import type { Environment, LoginTool } from "./tool.js";

/** @param files the files that the login wrote. */
export async function warningsFor(
  tool: LoginTool,
  endpoint: string,
  files: readonly string[],
  env: Environment,
): Promise<string[]> {
  const { protocol, hostname } = new URL(endpoint);
  const lines: string[] = [];
  if (protocol === "http:" && !/^(?:127\.|localhost$|\[::1\]$)/.test(hostname))
    lines.push(`${endpoint} is plain HTTP: anyone on the way can read the token and change packages`);
  if (tool === "pip") lines.push(...(await pipWarnings(files[0] ?? "", env)));
  if (tool === "uv") lines.push(...set(env, ["UV_DEFAULT_INDEX", "UV_INDEX_URL"], "uv takes it before its file"));
  if (tool === "uv") lines.push(...set(env, ["UV_INDEX", "UV_EXTRA_INDEX_URL"], "uv asks that index too, and first"));
  if (tool === "npm" || tool === "pnpm")
    lines.push(...set(env, ["npm_config_registry", "NPM_CONFIG_REGISTRY"], `${tool} takes it before its file`));
  return lines;
}

async function pipWarnings(file: string, env: Environment): Promise<string[]> {
  const lines = [
    ...set(env, ["PIP_INDEX_URL"], "pip takes it before its file"),
    ...set(env, ["PIP_EXTRA_INDEX_URL"], "pip asks that index too, and takes the highest version of both"),
  ];
  const own = await readFile(file, "utf8").catch(() => "");
  for (const section of ["global", "install"])
    if (has(own, section, "extra-index-url"))
      lines.push(
        `${file} has extra-index-url in [${section}]: pip asks that index too, and takes the highest version of both`,
      );
  if (has(own, "install", "index-url")) lines.push(`${file} has index-url in [install], which pip takes before ours`);
  if (env.VIRTUAL_ENV !== undefined && env.PIP_CONFIG_FILE === undefined) {
    const site = join(env.VIRTUAL_ENV, "pip.conf");
    const text = await readFile(site, "utf8").catch(() => "");
    if (has(text, "global", "index-url") || has(text, "install", "index-url"))
      lines.push(`${site} has index-url, which pip takes before ours`);
  }
  return lines;
}

function has(text: string, section: string, key: string): boolean {
  try {
    return iniEditor.get(text, [section, key]) !== undefined;
  } catch {
    return false;
  }
}

function set(env: Environment, names: readonly string[], why: string): string[] {
  return names.filter((name) => env[name] !== undefined && env[name] !== "").map((name) => `${name} is set: ${why}`);
}
