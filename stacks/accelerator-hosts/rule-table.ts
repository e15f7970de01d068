/** The rule table of a deployment, made from the explicit firewall options of all layers. */
import type { Config, LoadedConfig } from "../../config/load.js";
import type { Origins } from "../../firewall/options/origins.js";
import type { CheckedOptions } from "../../firewall/options/read-options.js";
import { FIREWALL_OPTIONS, type FirewallOptions } from "../../firewall/options/schema.js";
import { buildTable, type RuleTable, type TableContext, tableOf } from "../../firewall/options/table.js";
import { includesPort } from "../../net/port-range.js";
import type { DeploymentInputs } from "./inputs.js";

export interface WrittenFirewall {
  /** Only explicit options, without defaults. */
  readonly options: FirewallOptions;
  readonly origins: Origins;
}

/** Only explicit options: defaults do not count as requests. */
export function writtenFirewall({
  config,
  origins,
  placeOf,
}: Pick<LoadedConfig, "config" | "origins" | "placeOf">): WrittenFirewall {
  const written = FIREWALL_OPTIONS.filter((key) => origins[key].layer !== "default");
  const places = written.flatMap((key) => placesOf(config[key], key, `/${key}`, placeOf));
  return {
    // The options' own validator rejects incomplete options, with their place.
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

/** The table of a deployment without rules of its own. */
export const EMPTY_TABLE: RuleTable = buildTable({ ingress: [] }, { callers: [] });

/**
 * The table from which the stack creates rules, which users see, and which the guard allows.
 *
 * @param agentPort the port of the hosts' agents: a table that does not open it gets a warning.
 */
export function deploymentTable(options: CheckedOptions, context: TableContext, agentPort: number): RuleTable {
  const table = tableOf(options, context);
  return { ...table, warnings: tableWarnings(table, options, agentPort) };
}

/** Whether a row's source is the VPC's CIDR, which then must be looked up. */
export function letsVpcIn({ rows, internal }: RuleTable): boolean {
  return [...rows, ...internal].some(({ rule }) => rule.source.kind === "vpc");
}

/** Options that open ports beside `allow_ports`. Without them, loading the configuration has warned already. */
const TELLING = ["profile", "enable_public_http", "disable_public_ingress", "firewall", "ingress"] as const;

/** The table's own warnings, plus one if nothing opens the agent's port. */
function tableWarnings(table: RuleTable, { given }: CheckedOptions, agentPort: number): string[] {
  const rules = [...table.rows, ...table.internal].map(({ rule }) => rule);
  const isOpen = rules.some(({ ports }) => includesPort(ports, agentPort));
  if (isOpen || !TELLING.some((key) => given.has(key))) return [...table.warnings];
  return [...table.warnings, `no rule opens ${agentPort}: nobody will reach the hosts' files and API`];
}

/** The port of the hosts' agents. */
export const agentPort = ({ ssl_cert_crt }: Pick<Config, "ssl_cert_crt">): number =>
  ssl_cert_crt === false ? 80 : 443;

/** Whether a deployment creates rules: not for an existing group, and not without new hosts. */
export function makesRules(inputs: DeploymentInputs): boolean {
  return inputs.kind === "provisioned" && inputs.securityGroup === undefined;
}
