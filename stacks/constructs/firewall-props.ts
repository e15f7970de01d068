/** The firewall options as construct props: the names of sallyport.yaml in camel case, with the same meaning. */
import { Token } from "cdktf";
import { defined } from "../../base/defined.js";
import { snakeCase } from "../../base/text/nearest.js";
import type { FirewallOptions, Profile } from "../../firewall/options/schema.js";
import { buildTable, type RuleTable } from "../../firewall/options/table.js";
import { Cidr } from "../../net/cidr.js";
import * as errors from "./errors.js";

export interface IngressProps {
  readonly ports: readonly number[];
  /** Exactly one of the three. */
  readonly cidr?: string;
  readonly prefixList?: string;
  readonly securityGroup?: string;
  /** Maximum entries of the prefix list, which count against the quota. */
  readonly maxEntries?: number;
}

export interface FirewallProps {
  /** @default "http" */
  readonly profile?: Profile;
  /** Ports behind "http". @default [80, 443]; [8787, 8786] with profile dask */
  readonly httpPorts?: readonly number[];
  /** Opens 22 to 0.0.0.0/0. @default false; true with profile dask */
  readonly enablePublicSsh?: boolean;
  /** Opens `httpPorts` to 0.0.0.0/0. @default false; true with profile dask */
  readonly enablePublicHttp?: boolean;
  /** Admits only the VPC, whatever the other options open. @default false */
  readonly disablePublicIngress?: boolean;
  /** Opens further ports to one block, which also replaces 0.0.0.0/0. */
  readonly firewall?: { readonly ports: readonly number[]; readonly cidr: string };
  /** The exact list, in place of `firewall` and the public flags. */
  readonly ingress?: readonly IngressProps[];
  /** Ports for the callers. @default [22, 80, 443] */
  readonly allowPorts?: readonly number[];
  /** Addresses or blocks of the callers: `203.0.113.7`, `198.51.100.0/24`, `2001:db8::7`. */
  readonly callers?: readonly string[];
}

/** @throws Fault if an option is invalid, contradicts another, or is a token: rule ids are made from the options. */
export function tableOfProps({ callers, ...props }: FirewallProps): RuleTable {
  for (const [name, value] of Object.entries({ ...props, ...defined({ callers }) })) {
    // The same app may create the group or list.
    if (name !== "ingress" && hasToken(value)) throw errors.unknownAtSynth(name);
  }
  const options = {
    ...(snakeKeys(props) as FirewallOptions),
    ...defined({ caller: callers }),
  };
  return buildTable(options, { callers: (callers ?? []).map((caller) => Cidr.of(caller)) });
}

/** Converts unknown names too, so that the options' validator can report them. */
function snakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [snakeCase(key), snakeKeys(part)]));
}

function hasToken(value: unknown): boolean {
  if (Token.isUnresolved(value) || (typeof value === "string" && value.includes("${"))) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasToken);
}
