/**
 * The environment of a command that `exec` runs: no tool may send the token to another registry. Pure.
 *
 * npm and pnpm take a token with the registry in its name, and pip and uv a URL with the token in it. The others need
 * more: see `yarn-files.ts` for Yarn, and below for twine.
 */
import { type EnvironmentAccess, unexportable, type Variables, variablesFor } from "../environment.js";
import type { Environment } from "../tool.js";
import { baseName } from "./base-name.js";
import type { YarnFiles } from "./yarn-files.js";

export interface Command {
  readonly words: readonly string[];
  readonly env: Environment;
  /** Whether the project has a source of the mirror's name that is not the mirror. */
  readonly otherSource: boolean;
  readonly yarn: Pick<YarnFiles, "plugin" | "npmrc">;
}

export function commandEnvironment(access: EnvironmentAccess, command: Command): Environment {
  const { words, env, otherSource, yarn } = command;
  return {
    ...env,
    ...withTwine(variablesFor(access, { otherSource }), access, words),
    ...unexportable(access),
    ...(access.endpoints.npm === undefined ? {} : withYarn(yarn, env)),
  };
}

/** The file for Yarn 1 has a setting that npm warns of, so other commands have none. */
function withYarn({ plugin, npmrc }: Command["yarn"], env: Environment): Environment {
  const plugins = [env.YARN_PLUGINS, plugin].filter((each) => each !== undefined && each !== "");
  return {
    YARN_PLUGINS: plugins.join(";"),
    ...(npmrc === undefined ? {} : { npm_config_userconfig: npmrc, NPM_CONFIG_USERCONFIG: undefined }),
  };
}

/**
 * twine sends `TWINE_PASSWORD` wherever `--repository-url` says. Only a command that is twine itself, and says nothing
 * else, gets the token there.
 */
function withTwine(variables: Variables, { token, endpoints }: EnvironmentAccess, words: readonly string[]): Variables {
  const said = twineArguments(words);
  if (said === undefined || endpoints.pypi === undefined) return variables;
  if (namesOther(said, endpoints.pypi))
    return Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith("TWINE_")));
  return { ...variables, TWINE_PASSWORD: token };
}

const RUNNERS = /^(?:uvx?|pipx|poetry|pdm|hatch|pipenv|rye)$/;

/** The words after `twine`; undefined if the command is another one, such as a shell or make. */
function twineArguments(words: readonly string[]): readonly string[] | undefined {
  const [program = ""] = words.map(baseName);
  if (program === "twine") return words.slice(1);
  const at = words.indexOf("twine", 1);
  if (at < 0) return undefined;
  const runs = /^python[\d.]*$/.test(program) ? words[at - 1] === "-m" : RUNNERS.test(program);
  return runs ? words.slice(at + 1) : undefined;
}

/** twine also takes the beginning of an option's name. */
function namesOther(words: readonly string[], endpoint: string): boolean {
  const plain = (url: string) => url.replace(/\/$/, "");
  return words.some((word, index) => {
    if (!word.startsWith("--repository-")) return false;
    const at = word.indexOf("=");
    return plain(at < 0 ? (words[index + 1] ?? "") : word.slice(at + 1)) !== plain(endpoint);
  });
}
