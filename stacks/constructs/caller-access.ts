import { Token } from "cdktf";
import type { Construct } from "constructs";
import { buildTable } from "../../firewall/options/table.js";
import { Cidr, uniqueCidrs } from "../../net/cidr.js";
import * as errors from "./errors.js";
import { FirewallRules } from "./firewall-rules.js";

export interface CallerAccessProps {
  /** VPC of the machines behind the group. */
  readonly vpcId: string;
  /** Addresses or blocks to admit: `203.0.113.7`, `198.51.100.0/24`, `2001:db8::7`. */
  readonly callers: readonly string[];
  /** TCP ports that they may reach. @default [22, 80, 443] */
  readonly ports?: readonly number[];
  /** Owner mark in the description of each rule, and prefix of the group's name. @default "sallyport" */
  readonly deployment?: string;
}

/**
 * A security group that lets only the callers in: `FirewallRules` without any option.
 *
 * @example
 * const access = new CallerAccess(this, "Access", { vpcId: vpc.id, callers: ["203.0.113.7"] });
 */
export class CallerAccess extends FirewallRules {
  readonly callers: readonly Cidr[];
  readonly ports: readonly number[];

  constructor(scope: Construct, id: string, { callers, ports, ...props }: CallerAccessProps) {
    const [who, where] = [readCallers(callers), readPorts(ports ?? [22, 80, 443])];
    super(scope, id, {
      ...props,
      table: buildTable({ allow_ports: where, caller: who.map(String) }, { callers: who }),
      description: "callers only",
    });
    this.callers = who;
    this.ports = where;
  }
}

function readCallers(callers: readonly string[]): Cidr[] {
  if (Token.isUnresolved(callers) || callers.some((caller) => Token.isUnresolved(caller))) {
    throw errors.unknownAtSynth("callers");
  }
  if (callers.length === 0) throw errors.noCallers();
  return uniqueCidrs(callers.map((caller) => Cidr.of(caller)));
}

function readPorts(ports: readonly number[]): number[] {
  for (const port of ports) {
    if (Token.isUnresolved(port)) throw errors.unknownAtSynth("ports");
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw errors.badPort(port);
  }
  return [...new Set(ports)].sort((a, b) => a - b);
}
