/** Settings of a project, of pnpm and of the environment that npm and pnpm take before the login's. */
import { access } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { homeOf } from "../../../base/home.js";
import { npmrcEditor } from "../edit/lines.js";
import { yamlEditor } from "../edit/yaml.js";
import { readable } from "../readable.js";
import { npmrcFile } from "../tools.js";
import { textOf, upward } from "../upward.js";
import { nerfDart } from "../urls.js";
import { has, type LoggedIn, plain, set } from "./logged-in.js";

export async function npmWarnings(login: LoggedIn): Promise<string[]> {
  const { tool, env, cwd, endpoint } = login;
  const before = `${tool} takes it before the login's`;
  const key = registryKey(login);
  const prefixes = tool === "pnpm" ? /^p?npm_config_/i : /^npm_config_/i;
  // The tools read both npm_config_registry and NPM_CONFIG_REGISTRY.
  const names = Object.keys(env).filter(
    (name) => prefixes.test(name) && name.replace(prefixes, "").toLowerCase() === key,
  );
  const lines = set(env, names, before, endpoint);
  for (const file of await projectFiles(cwd, ".npmrc")) lines.push(...(await inNpmrc(file, login)));
  if (tool === "pnpm") lines.push(...(await pnpmFiles(login)));
  return lines;
}

export const registryKey = ({ scope }: Pick<LoggedIn, "scope">) =>
  scope === undefined ? "registry" : `${scope}:registry`;

/** A registry of the login's key that is another, and tokens for the mirror that are not the login's. */
export async function inNpmrc(file: string, login: LoggedIn): Promise<string[]> {
  const { tool, endpoint, env, files } = login;
  if (file === npmrcFile(env) || files.includes(file)) return [];
  const text = await textOf(file);
  const registry = readable(() => npmrcEditor.get(text, [registryKey(login)]));
  const own = ["_authToken", "_auth", "_password"].filter(
    (name) => readable(() => npmrcEditor.get(text, [`${nerfDart(endpoint)}:${name}`])) !== undefined,
  );
  return [
    ...(registry === undefined || plain(registry) === plain(endpoint)
      ? []
      : [has(file, registryKey(login), `${tool} takes it before the login's`)]),
    ...own.map((name) => has(file, `${name} for the mirror`, `${tool} takes it before the login's token`)),
  ];
}

/** pnpm's own files, of which each counts before `~/.npmrc`. */
async function pnpmFiles(login: LoggedIn): Promise<string[]> {
  const { env, cwd, scope, endpoint } = login;
  const { XDG_CONFIG_HOME: xdg } = env;
  const dir =
    xdg !== undefined && isAbsolute(xdg)
      ? join(xdg, "pnpm")
      : join(homeOf(env), process.platform === "darwin" ? "Library/Preferences/pnpm" : ".config/pnpm");
  const lines = await inNpmrc(join(dir, "auth.ini"), login);
  const paths = scope === undefined ? [["registry"], ["registries", "default"]] : [["registries", scope]];
  for (const file of [join(dir, "config.yaml"), ...(await projectFiles(cwd, "pnpm-workspace.yaml"))]) {
    const text = await textOf(file);
    for (const path of paths) {
      const value = readable(() => yamlEditor.get(text, path));
      if (value !== undefined && plain(value) !== plain(endpoint))
        lines.push(has(file, path.join("."), "pnpm takes it before the login's"));
    }
  }
  return lines;
}

/** Of the nearest directory that is a project, and of the workspace around it. */
async function projectFiles(cwd: string, name: string): Promise<string[]> {
  const there = (file: string) =>
    access(file).then(
      () => true,
      () => false,
    );
  const files: string[] = [];
  for (const dir of upward(cwd)) {
    const manifest = await textOf(join(dir, "package.json"));
    const nearest = files.length === 0 && (manifest !== "" || (await there(join(dir, "node_modules"))));
    const workspace = /"workspaces"\s*:/.test(manifest) || (await there(join(dir, "pnpm-workspace.yaml")));
    if (nearest || workspace) files.push(join(dir, name));
  }
  return files.length === 0 ? [join(cwd, name)] : files;
}
