/** The layers of text values, `SALLYPORT_*` and command-line flags, and the built-in layer. */
import { nearest } from "../base/text/nearest.js";
import { notKeyAndValue } from "./errors.js";
import { fromText } from "./from-text.js";
import type { Layer } from "./origin.js";
import { ConfigFileSchema, type ConfigKey, configKeys, isConfigKey } from "./schema.js";

type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = "SALLYPORT_";

export const envName = (key: ConfigKey) => `${PREFIX}${key.toUpperCase()}`;
const flagName = (key: ConfigKey) => `--${key.replaceAll("_", "-")}`;

/** Variables with the prefix that are not configuration keys, and their purpose. */
export const otherVariables: Readonly<Record<string, string>> = {
  SALLYPORT_AWS_IP_RANGES_URL: "where AWS's published ranges are read in place of ip-ranges.amazonaws.com",
  SALLYPORT_CALLER_SERVICES: "comma-separated URLs that are asked for the caller's address",
  SALLYPORT_PREFLIGHT_SECONDS:
    "how long plan, up, doctor, and synth under cdktf, wait for AWS before they go on without its answers",
  SALLYPORT_PRICES: "TYPE=USD, what an hour of an instance type costs, for sallyport status",
  SALLYPORT_SOURCE_BASIC: "user:password for the source of firewall sync",
  SALLYPORT_SOURCE_TOKEN: "bearer token for the source of firewall sync",
  SALLYPORT_SSH_CONFIG: "the OpenSSH configuration that gets the Include line",
};

/** An empty variable counts as not set. */
export function envLayer(env: Environment, base: string): { layer: Layer; warnings: string[] } {
  const given = Object.entries(env).filter(([name, text]) => name.startsWith(PREFIX) && text);
  const values: Record<string, unknown> = {};
  const warnings: string[] = [];
  for (const [name, text = ""] of given) {
    const key = name.slice(PREFIX.length).toLowerCase();
    if (isConfigKey(key) && name === envName(key)) values[key] = fromText(ConfigFileSchema.properties[key], text);
    else if (!Object.hasOwn(otherVariables, name)) warnings.push(unknownVariable(name));
  }
  return { layer: { layer: "env", base, values, where: (pointer) => envName(keyOf(pointer)) }, warnings };
}

/** @param names of flags that are not called as their keys: `{ ssl_cert_names: "--name" }` */
export function flagLayer(
  flags: Partial<Record<ConfigKey, unknown>>,
  base: string,
  names: Partial<Record<ConfigKey, string>> = {},
): Layer {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    values[key] =
      isConfigKey(key) && typeof value === "string" ? fromText(ConfigFileSchema.properties[key], value) : value;
  }
  return { layer: "flag", base, values, where: (pointer) => names[keyOf(pointer)] ?? flagName(keyOf(pointer)) };
}

/** @param written `key=value`, as typed after each `--set`. */
export function setLayer(written: readonly string[], base: string): Layer {
  const values: Record<string, unknown> = {};
  for (const text of written) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined) throw notKeyAndValue(text);
    values[key] = isConfigKey(key) ? fromText(ConfigFileSchema.properties[key], value) : value;
  }
  return { layer: "flag", base, values, where: (pointer) => `--set ${keyOf(pointer)}` };
}

/** A region outside the kit's own layers, and its place. */
export interface FoundRegion {
  readonly region: string;
  readonly where: string;
}

/** @param ofProfile the region of the AWS profile in effect; AWS's variables win over it */
export function defaultLayer(env: Environment, base: string, ofProfile?: FoundRegion): Layer {
  const values: Record<string, unknown> = {};
  for (const key of configKeys) {
    const fallback: unknown = ConfigFileSchema.properties[key].default;
    if (fallback !== undefined) values[key] = fallback;
  }
  const variable = ["AWS_REGION", "AWS_DEFAULT_REGION"].find((name) => env[name]);
  const found = variable === undefined ? ofProfile : { region: env[variable], where: variable };
  if (found !== undefined) values.region = found.region;
  return {
    layer: "default",
    base,
    values,
    where: (pointer) => (keyOf(pointer) === "region" && found !== undefined ? found.where : "built in"),
  };
}

const keyOf = (pointer: string) => (pointer.split("/")[1] ?? "") as ConfigKey;

/** Compared without the common prefix. */
function unknownVariable(name: string): string {
  const known = [...configKeys.map(envName), ...Object.keys(otherVariables)].map((full) => full.slice(PREFIX.length));
  const meant = nearest(name.slice(PREFIX.length), known);
  return `unknown variable "${name}" is ignored${meant === undefined ? "" : `; did you mean "${PREFIX}${meant}"?`}`;
}
