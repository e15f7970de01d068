/** Loads the configuration from its layers: built in < user file < project file < SALLYPORT_* < --set < flags. */
import { dirname } from "node:path";
import { defined } from "../base/defined.js";
import { homeOf } from "../base/home.js";
import { readAwsProfiles } from "./aws-profiles.js";
import { parseLayer } from "./document.js";
import { findProjectFile, readConfigFile, readOptionalFile, shownPath, userFilePath } from "./files.js";
import type { Layer, Origin, Origins } from "./origin.js";
import { resolveConfig } from "./resolve.js";
import type { Config, ConfigKey } from "./schema.js";
import { defaultLayer, envLayer, flagLayer, setLayer } from "./text-layers.js";

export type { Config, ConfigKey, FirewallSyncConfig, HostDir } from "./schema.js";

export interface LoadOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The project file. By default, `sallyport.yaml` is searched from `cwd` upwards. */
  readonly file?: string;
  /** `key=value` of each `--set`. */
  readonly set?: readonly string[];
  /** Values of command-line flags, as typed or already parsed. Undefined ones are skipped. */
  readonly flags?: Partial<Record<ConfigKey, unknown>>;
  /** Names of flags that are not called as their keys: `{ ssl_cert_names: "--name" }`. */
  readonly flagNames?: Partial<Record<ConfigKey, string>>;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly origins: Origins;
  /** Place of a value in effect, given as a JSON pointer (`/ingress/0/cidr`). */
  readonly placeOf: (pointer: string) => string;
  /** Directory of the project file, or `cwd` if there is none. */
  readonly projectDir: string;
  readonly projectFile?: string;
  readonly warnings: readonly string[];
}

/**
 * @throws Fault (exit status 2) with file, line and column of the error.
 *
 * @example
 * const { config } = await loadConfig({ cwd: process.cwd(), env: process.env, flags: { count: 2 } });
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { cwd, env, flags = {} } = options;
  const projectFile = await findProjectFile(options);
  const userFile = userFilePath(env);
  const [userText, projectText, profiles] = await Promise.all([
    readOptionalFile(userFile),
    projectFile === undefined ? undefined : readConfigFile(projectFile),
    readAwsProfiles(env),
  ]);

  const warnings: string[] = [];
  const fileLayer = (layer: Origin["layer"], path: string, text: string): Layer => {
    const parsed = parseLayer(text, { layer, shownAs: shownPath(path, options), base: dirname(path) });
    warnings.push(...parsed.warnings);
    return parsed.layer;
  };
  const region = profiles.setting("region");
  const ofProfile = region && {
    region: region.value,
    where: `profile ${profiles.name} in ${shownPath(region.file, options)}`,
  };
  const layers = [defaultLayer(env, cwd, ofProfile)];
  if (userText !== undefined) layers.push(fileLayer("user", userFile, userText));
  if (projectFile !== undefined && projectText !== undefined) {
    layers.push(fileLayer("project", projectFile, projectText));
  }
  const fromEnv = envLayer(env, cwd);
  layers.push(fromEnv.layer, setLayer(options.set ?? [], cwd), flagLayer(flags, cwd, options.flagNames));

  const resolved = resolveConfig(layers, homeOf(env));
  return defined({
    config: resolved.config,
    origins: resolved.origins,
    placeOf: resolved.placeOf,
    projectDir: projectFile === undefined ? cwd : dirname(projectFile),
    projectFile,
    warnings: [...warnings, ...fromEnv.warnings, ...resolved.warnings],
  });
}
