/**
 * The files that bring Yarn the token of one registry, for the time of one command. They are private, and have no token
 * of the mirror in them: Yarn takes it from its environment.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errno } from "../../../base/fault.js";
import type { EnvironmentAccess } from "../environment.js";
import type { Environment } from "../tool.js";
import { npmrcFile } from "../tools.js";
import { nerfDart } from "../urls.js";
import { PLUGIN } from "./yarn-plugin.js";

export interface YarnFiles {
  /** For `YARN_PLUGINS` of Yarn 2 and later. */
  readonly plugin: string;
  /** For `npm_config_userconfig` of Yarn 1, with all that the user's own file has. */
  readonly npmrc: string;
  remove(): Promise<void>;
}

export async function writeYarnFiles(access: EnvironmentAccess, env: Environment): Promise<YarnFiles> {
  const dir = await mkdtemp(join(tmpdir(), "sallyport-yarn-"));
  const [plugin, npmrc] = [join(dir, "plugin.cjs"), join(dir, "npmrc")];
  await writeFile(plugin, PLUGIN, { mode: 0o600 });
  await writeFile(npmrc, yarn1Settings(access, await readOr(npmrcFile(env), "")), { mode: 0o600 });
  return { plugin, npmrc, remove: () => rm(dir, { recursive: true, force: true }) };
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

async function readOr(file: string, otherwise: string): Promise<string> {
  return readFile(file, "utf8").catch((error: unknown) => {
    if (errno(error) === "ENOENT") return otherwise;
    throw error;
  });
}
