/** The settings that make each tool use the repository, and the files it reads them from. */
import { existsSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { homeOf } from "../../base/home.js";
import type { KeyPath, Setting } from "./edit/editor.js";
import type { EditorName } from "./edit/editors.js";
import { tomlEditor } from "./edit/toml.js";
import { ITEM } from "./edit/yaml.js";
import * as errors from "./errors.js";
import { berryTokens } from "./scoping/berry-tokens.js";
import type { Environment, LoginTool } from "./tool.js";
import { isLoopbackHttp, nerfDart, simple, withUser } from "./urls.js";

export interface Access {
  readonly tool: LoginTool;
  /** Of the packages, ending with a slash. */
  readonly endpoint: string;
  readonly token: string;
  /** For tools that refer to a repository by name. */
  readonly name: string;
  /** `@acme`: only packages of that scope come from the repository. */
  readonly scope?: string;
}

export interface FileChange {
  readonly file: string;
  readonly format: EditorName;
  readonly entries: readonly Setting[];
  /** Settings that depend on the content of the file before any login. */
  readonly depending?: (before: string) => readonly Setting[];
}

/** @throws Fault `mirror/pip-without-files`, `mirror/windows` */
export function changesFor(access: Access, env: Environment, platform = process.platform): FileChange[] {
  if (platform === "win32") throw errors.onWindows(access.tool);
  const home = homeOf(env);
  const { XDG_CONFIG_HOME: xdg } = env;
  const config = xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, ".config");
  const { endpoint, token, name } = access;
  switch (access.tool) {
    case "pip":
      return [
        change(pipFile(config, env, platform), "ini", [[["global", "index-url"], withUser(simple(endpoint), token)]]),
      ];
    case "uv":
      return [
        change(env.UV_CONFIG_FILE || join(config, "uv", "uv.toml"), "uv-index", [[[name], simple(endpoint)]]),
        // uv reads netrc itself; a password in the index's URL would end up in lock files.
        change(env.NETRC || join(home, ".netrc"), "netrc", [
          [[new URL(endpoint).hostname], `login aws password ${token}`],
        ]),
      ];
    case "poetry": {
      const own = platform === "darwin" ? join(home, LIBRARY, "pypoetry") : join(config, "pypoetry");
      const dir = env.POETRY_CONFIG_DIR || own;
      return [
        change(join(dir, "config.toml"), "toml", [[["repositories", name, "url"], endpoint]]),
        {
          ...change(join(dir, "auth.toml"), "toml", [
            [["http-basic", name, "username"], "aws"],
            [["http-basic", name, "password"], token],
          ]),
          // Poetry publishes with this token rather than with the password, and it is not the mirror's.
          depending: (before) => absent(before, ["pypi-token", name]),
        },
      ];
    }
    case "twine":
      return [
        change(join(home, ".pypirc"), "ini", [
          [["distutils", "index-servers", name], name],
          [[name, "repository"], endpoint],
          [[name, "username"], "aws"],
          [[name, "password"], token],
        ]),
      ];
    case "npm":
    case "pnpm":
      return [
        change(access.tool === "npm" ? npmrcFile(env) : pnpmFile(env), "npmrc", [
          [[registryKey(access)], endpoint],
          tokenEntry(access),
        ]),
      ];
    case "yarn":
      return [
        change(join(home, ".yarnrc"), "yarnrc", [[[registryKey(access)], endpoint]]),
        // Yarn 1 reads tokens from npm's file only, and sends them for unscoped names only with always-auth.
        change(npmrcFile(env), "npmrc", [tokenEntry(access), [[`${nerfDart(endpoint)}:always-auth`], "true"]]),
        {
          ...change(join(home, env.YARN_RC_FILENAME || ".yarnrc.yml"), "yaml", [
            [serverPath(access), endpoint],
            ...unsafeHost(endpoint),
          ]),
          depending: (before) => berryTokens(access, before),
        },
      ];
  }
}

type Pair = readonly [path: readonly string[], value: Setting["value"]];

function change(file: string, format: EditorName, pairs: readonly Pair[]): FileChange {
  return { file: resolve(file), format, entries: pairs.map(([path, value]) => ({ path, value })) };
}

const absent = (before: string, path: KeyPath): Setting[] =>
  tomlEditor.get(before, path) === undefined ? [] : [{ path, value: undefined }];

const registryKey = ({ scope }: Access) => (scope === undefined ? "registry" : `${scope}:registry`);
const tokenEntry = ({ endpoint, token }: Access): Pair => [[`${nerfDart(endpoint)}:_authToken`], token];

/** Yarn 2 and later. */
const serverPath = ({ scope }: Access) =>
  scope === undefined ? ["npmRegistryServer"] : ["npmScopes", scope.slice(1), "npmRegistryServer"];

/** Yarn 2 and later refuses plain HTTP from hosts that are not in that list. */
function unsafeHost(endpoint: string): Pair[] {
  const { hostname } = new URL(endpoint);
  return isLoopbackHttp(endpoint) ? [[["unsafeHttpWhitelist", ITEM, hostname], hostname]] : [];
}

/** Of a user on macOS. */
const LIBRARY = "Library/Application Support";

function pipFile(config: string, env: Environment, platform: NodeJS.Platform): string {
  const own = env.PIP_CONFIG_FILE;
  if (own === "/dev/null") throw errors.pipWithoutFiles();
  if (own) return own;
  if (platform !== "darwin") return join(config, "pip", "pip.conf");
  // There pip knows no XDG_CONFIG_HOME, and reads the second only where there is no directory for the first.
  const library = join(homeOf(env), LIBRARY, "pip");
  return join(existsSync(library) ? library : join(homeOf(env), ".config", "pip"), "pip.conf");
}

/** pnpm has variables of its own for npm's file, and takes them before npm's. */
function pnpmFile(env: Environment): string {
  const names = ["pnpm_config_npmrc_auth_file", "pnpm_config_userconfig"].flatMap((name) => [name, name.toUpperCase()]);
  return names.map((name) => env[name]).find((file) => file) ?? npmrcFile(env);
}

/** The user's own. */
export function npmrcFile(env: Environment): string {
  return env.NPM_CONFIG_USERCONFIG || env.npm_config_userconfig || join(homeOf(env), ".npmrc");
}
