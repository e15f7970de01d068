/**
 * The schema of sallyport.yaml, composed of each room's part, and everything derived from it.
 *
 * The TypeBox schema is the single source. Types derive from it, ajv checks with it, editors complete from its JSON,
 * and the docs table and the template of `sallyport config init` are printed from it. `errorMessage` is the text that
 * editors and commands show for a value that does not fit.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { accessKeys } from "./schema/access.js";
import { agentKeys } from "./schema/agent.js";
import { credentialKeys } from "./schema/credentials.js";
import { deploymentKeys } from "./schema/deployment.js";
import { firewallKeys } from "./schema/firewall.js";
import { gatewayKeys } from "./schema/gateway.js";
import { hostKeys, type StopMode } from "./schema/hosts.js";
import { labGatewayKeys } from "./schema/lab-gateway.js";
import { privateMirrorKeys } from "./schema/private-mirror.js";
import type { Defaulted, Immutable } from "./schema/shapes.js";

export type { AcceleratorConfig, AgentLimitsConfig } from "./schema/agent.js";
export type { KeyPairConfig } from "./schema/credentials.js";
export type { FirewallSyncConfig } from "./schema/firewall.js";

export type { FleetConfig, HostOverride, SpotConfig, StopMode } from "./schema/hosts.js";
export type { LabGatewayConfig } from "./schema/lab-gateway.js";
export type { PrivateMirrorConfig } from "./schema/private-mirror.js";

/** The file's keys, in reading order. */
const keys = {
  ...deploymentKeys,
  ...firewallKeys,
  ...hostKeys,
  ...agentKeys,
  ...gatewayKeys,
  ...labGatewayKeys,
  ...privateMirrorKeys,
  ...credentialKeys,
  ...accessKeys,
} as const;

/** The content of a file: every key is optional, and no others are allowed. */
export const ConfigFileSchema = Type.Partial(Type.Object(keys), {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "sallyport.yaml",
  description: "Configuration of Sallyport. Keys that are left out keep their defaults.",
  additionalProperties: false,
});

export type ConfigFile = Static<typeof ConfigFileSchema>;

export type ConfigKey = keyof typeof keys;

export interface HostDir {
  readonly path: string;
  readonly mode: "rw" | "ro";
  readonly name: string;
}

/** Keys that have short forms in a file and a normalised form in a configuration. */
interface Resolved {
  readonly caller: "auto" | readonly string[];
  readonly policy: readonly string[];
  readonly stop_mode: StopMode;
  readonly authorized_host_dirs: readonly HostDir[];
}

type Values = { [Key in ConfigKey]: Key extends keyof Resolved ? Resolved[Key] : Static<(typeof keys)[Key]> };
type DefaultedKey = { [Key in ConfigKey]: (typeof keys)[Key] extends Defaulted<TSchema> ? Key : never }[ConfigKey];

/** The configuration for the rooms: every default filled in, every local path absolute. */
export type Config = Immutable<Pick<Values, DefaultedKey> & Partial<Omit<Values, DefaultedKey>>>;

export const configKeys = Object.keys(keys) as readonly ConfigKey[];

export function isConfigKey(key: string): key is ConfigKey {
  return Object.hasOwn(keys, key);
}

/** The published JSON Schema: the text of dist/config/sallyport.schema.json. */
export function schemaText(): string {
  return `${JSON.stringify(ConfigFileSchema, null, 2)}\n`;
}
