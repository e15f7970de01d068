/** The profiles in AWS's two shared files, as its SDKs read them. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { homeOf } from "../base/home.js";

type Environment = Readonly<Record<string, string | undefined>>;

export interface AwsProfiles {
  /** `AWS_PROFILE`, else `default`. */
  readonly name: string;
  /** Whether the user named it. */
  readonly isNamed: boolean;
  /** Names of all profiles, sorted. */
  readonly names: readonly string[];
  /** A setting of the profile that is in effect, and its file. Settings in the credentials file win. */
  setting(key: string): { readonly value: string; readonly file: string } | undefined;
}

/** The files, the stronger one first. */
export function awsFiles(env: Environment): readonly [credentials: string, config: string] {
  const path = (given: string | undefined, name: string) => {
    const home = homeOf(env);
    if (!given) return join(home, ".aws", name);
    return given === "~" || given.startsWith("~/") ? join(home, given.slice(1)) : resolve(given);
  };
  return [path(env.AWS_SHARED_CREDENTIALS_FILE, "credentials"), path(env.AWS_CONFIG_FILE, "config")];
}

/** A file that is missing or cannot be read counts as empty: each command that needs it will say so. */
export async function readAwsProfiles(env: Environment): Promise<AwsProfiles> {
  const [credentials, config] = awsFiles(env);
  const read = (file: string) => readFile(file, "utf8").catch(() => "");
  const [ofCredentials, ofConfig] = await Promise.all([read(credentials), read(config)]);
  const files = [
    { file: credentials, profiles: sections(ofCredentials, (title) => title) },
    { file: config, profiles: sections(ofConfig, configProfile) },
  ];
  const name = env.AWS_PROFILE || "default";
  return {
    name,
    isNamed: Boolean(env.AWS_PROFILE),
    names: [...new Set(files.flatMap(({ profiles }) => [...profiles.keys()]))].sort(),
    setting: (key) => {
      for (const { file, profiles } of files) {
        const value = profiles.get(name)?.get(key);
        if (value) return { value, file };
      }
      return undefined;
    },
  };
}

/** In the configuration file, every profile but `default` has the word in front; other sections are no profiles. */
function configProfile(title: string): string | undefined {
  return title === "default" ? title : /^profile\s+(\S.*)$/.exec(title)?.[1];
}

/** Pure. The lines of a section's settings begin at the margin; indented lines are settings of a setting. */
function sections(text: string, profileOf: (title: string) => string | undefined): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>();
  let settings: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const title = /^\s*\[([^\]]*)\]/.exec(line)?.[1]?.trim();
    if (title !== undefined) {
      const profile = profileOf(title)?.replace(/^(["'])(.*)\1$/, "$2");
      settings = profile === undefined ? undefined : (found.get(profile) ?? new Map<string, string>());
      if (profile !== undefined && settings !== undefined) found.set(profile, settings);
      continue;
    }
    const [, key, value = ""] = /^([^\s#;=][^=]*?)\s*=\s*(.*)$/.exec(line) ?? [];
    if (key !== undefined) settings?.set(key.toLowerCase(), value.replace(/\s[#;].*$/, "").trim());
  }
  return found;
}
