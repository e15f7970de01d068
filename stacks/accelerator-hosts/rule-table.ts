/** The rule table of a deployment, made of the firewall options that the configuration layers give. */
import type { Config, LoadedConfig } from "../../config/load.js";
import type { Origins } from "../../firewall/options/origins.js";
import type { CheckedOptions } from "../../firewall/options/read-options.js";
import { FIREWALL_OPTIONS, type FirewallOptions } from "../../firewall/options/schema.js";
import { buildTable, type RuleTable, type TableContext, tableOf } from "../../firewall/options/table.js";
import { includesPort } from "../../net/port-range.js";
import type { DeploymentInputs } from "./inputs.js";

export interface WrittenFirewall {
  /** Only the options that a layer gives: no defaults. */
  readonly options: FirewallOptions;
  readonly origins: Origins;
}

/** Only options that a layer gives: defaults do not count as requests. */
export function writtenFirewall({
  config,
  origins,
  placeOf,
}: Pick<LoadedConfig, "config" | "origins" | "placeOf">): WrittenFirewall {
  const written = FIREWALL_OPTIONS.filter((key) => origins[key].layer !== "default");
  const places = written.flatMap((key) => placesOf(config[key], key, `/${key}`, placeOf));
  return {
    // Whether the parts of an option are all there is judged by who reads it, with its place.
    options: Object.fromEntries(written.map((key) => [key, config[key]])) as FirewallOptions,
    origins: Object.fromEntries(places),
  };
}

function placesOf(
  value: unknown,
  path: string,
  pointer: string,
  placeOf: (pointer: string) => string,
): [path: string, place: string][] {
  const own: [string, string] = [path, placeOf(pointer)];
  if (typeof value !== "object" || value === null) return [own];
  const isList = Array.isArray(value);
  const parts = Object.entries(value).flatMap(([key, part]) =>
    placesOf(part, isList ? `${path}[${key}]` : `${path}.${key}`, `${pointer}/${key}`, placeOf),
  );
  return [own, ...parts];
}

/** The table of a deployment that makes no rules. */
export const EMPTY_TABLE: RuleTable = buildTable({ ingress: [] }, { callers: [] });

/**
 * The table that the stack makes rules of, that people see, and that the guard lets pass.
 *
 * @param agentPort where the hosts' agents listen: a table that does not open it warns.
 */
export function deploymentTable(options: CheckedOptions, context: TableContext, agentPort: number): RuleTable {
  const table = tableOf(options, context);
  return { ...table, warnings: tableWarnings(table, options, agentPort) };
}

/** Whether a row's source is the range of the VPC, which then has to be looked up. */
export function letsVpcIn({ rows, internal }: RuleTable): boolean {
  return [...rows, ...internal].some(({ rule }) => rule.source.kind === "vpc");
}

/** Options that open ports beside `allow_ports`. Without them, the configuration itself has warned already. */
const TELLING = ["profile", "enable_public_http", "disable_public_ingress", "firewall", "ingress"] as const;

/** The table's own warnings and, if nothing opens the agent's port, one about that. */
function tableWarnings(table: RuleTable, { given }: CheckedOptions, agentPort: number): string[] {
  const rules = [...table.rows, ...table.internal].map(({ rule }) => rule);
  const isOpen = rules.some(({ ports }) => includesPort(ports, agentPort));
  if (isOpen || !TELLING.some((key) => given.has(key))) return [...table.warnings];
  return [...table.warnings, `no rule opens ${agentPort}: nobody will reach the hosts' files and API`];
}

/** Where the hosts' agents listen. */
export const agentPort = ({ ssl_cert_crt }: Pick<Config, "ssl_cert_crt">): number =>
  ssl_cert_crt === false ? 80 : 443;

/** Whether a deployment makes rules at all: not for an existing group, and not where no host is new. */
export function makesRules(inputs: DeploymentInputs): boolean {
  return inputs.kind === "provisioned" && inputs.securityGroup === undefined;
}
