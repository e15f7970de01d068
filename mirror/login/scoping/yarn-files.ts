/**
 * The files that bring Yarn the token of one registry, for the time of one command. They are private, and have no token
 * of the mirror in them: Yarn takes it from its environment.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EnvironmentAccess } from "../environment.js";
import type { Environment } from "../tool.js";
import { npmrcFile } from "../tools.js";
import { textOf } from "../upward.js";
import { nerfDart } from "../urls.js";
import { baseName } from "./base-name.js";
import { PLUGIN } from "./yarn-plugin.js";

export interface YarnFiles {
  /** For `YARN_PLUGINS` of Yarn 2 and later. */
  readonly plugin: string;
  /** For `npm_config_userconfig` of Yarn 1, with all that the user's own file has; undefined for other commands. */
  readonly npmrc: string | undefined;
  remove(): Promise<void>;
}

export async function writeYarnFiles(
  access: EnvironmentAccess,
  { words, env }: { readonly words: readonly string[]; readonly env: Environment },
): Promise<YarnFiles> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-yarn-"));
  const plugin = join(dir, "plugin.cjs");
  const npmrc = runsYarn(words) ? join(dir, "npmrc") : undefined;
  await writeFile(plugin, PLUGIN, { mode: 0o600 });
  if (npmrc !== undefined) await writeFile(npmrc, yarn1Settings(access, await textOf(npmrcFile(env))), { mode: 0o600 });
  return { plugin, npmrc, remove: () => rm(dir, { recursive: true, force: true }) };
}

const YARN = /^yarn(?:pkg)?(?:\.c?js|\.cmd)?$/;

function runsYarn(words: readonly string[]): boolean {
  const [program = "", first = ""] = words.map(baseName);
  return YARN.test(program) || (/^(?:node|corepack|npx|env)$/.test(program) && YARN.test(first));
}

/**
 * Yarn 1 turns the names of variables into lower case, so there is none for a token of one registry. The settings come
 * first, since keys that follow a section would belong to it; the last line of a key counts, so that the user's go.
 */
function yarn1Settings({ endpoints: { npm } }: EnvironmentAccess, own: string): string {
  if (npm === undefined) return own;
  const key = nerfDart(npm);
  const kept = own.split("\n").filter((line) => !line.trimStart().startsWith(`${key}:`));
  const ours = [`${key}:_authToken=\${CODEARTIFACT_AUTH_TOKEN}`, `${key}:always-auth=true`];
  return [...ours, ...kept].join("\n");
}
