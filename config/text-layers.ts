/** The layers of text values, `SALLYPORT_*` and command-line flags, and the built-in layer. */
import { parse } from "yaml";
import { nearest } from "../base/text/nearest.js";
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
    if (isConfigKey(key) && name === envName(key)) values[key] = fromText(key, text);
    else if (!Object.hasOwn(otherVariables, name)) warnings.push(unknownVariable(name));
  }
  return { layer: { layer: "env", base, values, where: (pointer) => envName(keyOf(pointer)) }, warnings };
}

export function flagLayer(flags: Partial<Record<ConfigKey, unknown>>, base: string): Layer {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    values[key] = isConfigKey(key) && typeof value === "string" ? fromText(key, value) : value;
  }
  return { layer: "flag", base, values, where: (pointer) => flagName(keyOf(pointer)) };
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

/**
 * Parses text into the value that a file would hold: whole numbers, booleans, comma-separated lists, tags as
 * `owner=me,team=fpga`, and YAML mappings such as `{ports: [100], cidr: 10.1.0.0/16}`. Text that does not fit stays
 * text, so that the schema can report what was expected.
 */
function fromText(key: ConfigKey, text: string): unknown {
  switch (key) {
    case "count":
    case "root_volume_gib":
      return number(text);
    case "ssl_cert_generate":
    case "serve_addresses":
    case "enable_public_ssh":
    case "enable_public_http":
    case "disable_public_ingress":
    case "use_private_ip":
      return boolean(text);
    case "ssl_cert_crt":
    case "autostop":
      return text === "false" ? false : text;
    case "init_config":
      return boolean(text);
    case "stop_mode":
      return number(text);
    case "allow_ports":
    case "http_ports":
      return items(text).map(number);
    case "caller":
      return text.includes(",") ? items(text) : text.trim();
    case "ssl_cert_names":
    case "authorized_host_dirs":
    case "buckets":
      return items(text);
    case "firewall":
    case "ingress":
    case "firewall_sync":
    case "hosts":
    case "fleet":
    case "spot":
    case "accelerators":
    case "agent_limits":
    case "connect":
    case "lab_gateway":
      return flow(text);
    case "key_pair":
      return text.startsWith("{") ? flow(text) : text;
    case "policy":
      return text.includes(",") ? items(text) : text.trim();
    case "tags": {
      const pairs = items(text).map((item) => item.match(/^([^=]+)=(.*)$/));
      return pairs.every((pair) => pair !== null)
        ? Object.fromEntries(pairs.map(([, name, value]) => [name, value]))
        : text;
    }
    default:
      return text;
  }
}

const items = (text: string) => text.split(",").map((item) => item.trim());
const number = (text: string) => (/^[+-]?\d{1,15}$/.test(text) ? Number(text) : text);
const boolean = (text: string) => (text === "true" ? true : text === "false" ? false : text);
/** Mappings and lists of mappings are YAML on one line. JSON is a subset. */
function flow(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch {
    return text;
  }
}

const keyOf = (pointer: string) => (pointer.split("/")[1] ?? "") as ConfigKey;

/** Compared without the common prefix. */
function unknownVariable(name: string): string {
  const known = [...configKeys.map(envName), ...Object.keys(otherVariables)].map((full) => full.slice(PREFIX.length));
  const meant = nearest(name.slice(PREFIX.length), known);
  return `unknown variable "${name}" is ignored${meant === undefined ? "" : `; did you mean "${PREFIX}${meant}"?`}`;
}
