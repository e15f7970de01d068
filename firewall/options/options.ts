/**
 * The firewall options as people write them, read into values: everything is checked here, once, so
 * that building the table is arithmetic.
 *
 * Without any option the callers may reach `allow_ports` and nobody else may reach anything. The
 * profile `dask` has the meaning and the defaults of the system whose option names these are.
 */

import { defined } from "../../base/defined.js";
import { nearest } from "../../base/text/nearest.js";
import { Cidr } from "../../net/cidr.js";
import type { RuleSource } from "../../net/ingress-rule.js";
import * as errors from "../errors.js";
import { type Origins, writtenAt } from "./origins.js";

export type Profile = "http" | "dask";

export interface IngressEntry {
  readonly ports: readonly number[];
  /** Exactly one of the three. */
  readonly cidr?: string;
  readonly prefix_list?: string;
  readonly security_group?: string;
  /** Maximum entries of the prefix list: what it counts against the quota. */
  readonly max_entries?: number;
}

export interface FirewallOptions {
  /** @default "http" */
  readonly profile?: Profile;
  /** Ports behind "http". @default [80, 443]; [8787, 8786] with profile dask */
  readonly http_ports?: readonly number[];
  /** Opens 22 to 0.0.0.0/0. @default false; true with profile dask */
  readonly enable_public_ssh?: boolean;
  /** Opens `http_ports` to 0.0.0.0/0. @default false; true with profile dask */
  readonly enable_public_http?: boolean;
  /** Whatever the other options open, only the VPC may reach. @default false */
  readonly disable_public_ingress?: boolean;
  /** Opens more ports to one block, which also takes the place of 0.0.0.0/0. `{}` is as good as nothing. */
  readonly firewall?: { readonly ports: readonly number[]; readonly cidr: string } | Readonly<Record<string, never>>;
  /** The exact list: no other option adds to it, but an explicit `caller`. */
  readonly ingress?: readonly IngressEntry[];
  /** Ports for the callers. @default [22, 80, 443] */
  readonly allow_ports?: readonly number[];
  /** Who the callers are; resolved elsewhere. @default "auto" */
  readonly caller?: "auto" | string | readonly string[];
}

export interface IngressClaim {
  readonly ports: readonly number[];
  readonly source: RuleSource;
  readonly path: string;
}

/** The options with every default filled in. */
export interface CheckedOptions {
  readonly profile: Profile;
  readonly httpPorts: readonly number[];
  readonly publicSsh: boolean;
  readonly publicHttp: boolean;
  readonly disablePublicIngress: boolean;
  readonly firewall?: { readonly ports: readonly number[]; readonly cidr: Cidr; readonly written: string };
  readonly ingress?: readonly IngressClaim[];
  /** Ports for the callers; none if no option lets callers in. */
  readonly callerPorts: readonly number[];
  /** The options that somebody wrote. */
  readonly given: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

/** The keys that configure the table, as a configuration file spells them. */
export const FIREWALL_OPTIONS = [
  "profile",
  "http_ports",
  "enable_public_ssh",
  "enable_public_http",
  "disable_public_ingress",
  "firewall",
  "ingress",
  "allow_ports",
  "caller",
] as const satisfies readonly (keyof FirewallOptions)[];

const DEFAULTS: Readonly<Record<Profile, { readonly httpPorts: readonly number[]; readonly isPublic: boolean }>> = {
  http: { httpPorts: [80, 443], isPublic: false },
  // In the order in which the documentation of the four options prints them.
  dask: { httpPorts: [8787, 8786], isPublic: true },
};

const CALLER_PORTS: readonly number[] = [22, 80, 443];

/** @throws Fault for the first option that is unknown, does not fit, or contradicts another. */
export function readOptions(options: FirewallOptions, origins: Origins = {}): CheckedOptions {
  const reader = new Reader(options, origins);
  reader.only(options, "", FIREWALL_OPTIONS);
  const given = new Set(Object.entries(options).flatMap(([key, value]) => (value === undefined ? [] : [key])));
  const profile = reader.profile();
  const defaults = DEFAULTS[profile];
  const firewall = reader.firewall();
  const ingress = reader.ingress();
  if (ingress !== undefined) {
    for (const other of ["firewall", "enable_public_ssh", "enable_public_http"] as const) {
      // A flag that is false adds nothing, so nothing contradicts the list.
      if (other === "firewall" ? firewall === undefined : options[other] !== true) continue;
      throw errors.exclusive(writtenAt(origins, "ingress"), other, writtenAt(origins, other));
    }
  }
  const isPublic = defaults.isPublic && ingress === undefined;
  const lets = given.has("caller") || (profile === "http" && ingress === undefined);
  const checked: CheckedOptions = defined({
    profile,
    httpPorts: reader.ports("http_ports", options.http_ports) ?? defaults.httpPorts,
    publicSsh: reader.flag("enable_public_ssh") ?? isPublic,
    publicHttp: reader.flag("enable_public_http") ?? isPublic,
    disablePublicIngress: reader.flag("disable_public_ingress") ?? false,
    firewall,
    ingress,
    callerPorts: withoutCaller(reader.ports("allow_ports", options.allow_ports) ?? CALLER_PORTS, lets),
    given,
    warnings: reader.warnings,
  });
  if (given.has("allow_ports") && !lets) {
    const because = ingress === undefined ? "profile dask has no callers" : "ingress is the whole list";
    reader.warn(
      "allow_ports",
      `allow_ports opens nothing, since ${because}; write "caller: auto" to let the callers in`,
    );
  }
  return checked;
}

/** Whether the table needs the callers' addresses: if not, nobody need look them up. */
export function needsCaller(options: FirewallOptions, origins: Origins = {}): boolean {
  const { callerPorts, disablePublicIngress } = readOptions(options, origins);
  return callerPorts.length > 0 && !disablePublicIngress;
}

const withoutCaller = (ports: readonly number[], lets: boolean): readonly number[] => (lets ? ports : []);

class Reader {
  readonly warnings: string[] = [];

  constructor(
    readonly options: FirewallOptions,
    readonly origins: Origins,
  ) {}

  warn(path: string, text: string): void {
    const where = writtenAt(this.origins, path);
    this.warnings.push(where === undefined ? text : `${where}: ${text}`);
  }

  only(value: object, path: string, known: readonly string[]): void {
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      throw errors.unknownOption(writtenAt(this.origins, path + key), path + key, nearest(key, known));
    }
  }

  profile(): Profile {
    const profile: unknown = this.options.profile ?? "http";
    if (profile === "http" || profile === "dask") return profile;
    throw this.bad("profile", profile, 'must be "http" or "dask"');
  }

  flag(name: "enable_public_ssh" | "enable_public_http" | "disable_public_ingress"): boolean | undefined {
    const value: unknown = this.options[name];
    if (value === undefined || typeof value === "boolean") return value;
    throw this.bad(name, value, "must be true or false");
  }

  ports(path: string, value: unknown): readonly number[] | undefined {
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.bad(path, value, "must be a list of ports, such as [22, 443]");
    for (const [index, port] of value.entries()) {
      if (typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65_535) continue;
      throw this.bad(`${path}[${index}]`, port, "must be a port from 1 to 65535");
    }
    return value;
  }

  firewall(): CheckedOptions["firewall"] {
    const value: unknown = this.options.firewall;
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.bad("firewall", value, "must have ports and a cidr");
    if (Object.keys(value).length === 0) return undefined;
    this.only(value, "firewall.", ["ports", "cidr"]);
    const example = '{ ports: [8443], cidr: "203.0.113.0/24" }';
    for (const key of ["cidr", "ports"]) {
      if (value[key] === undefined)
        throw errors.optionWithout(writtenAt(this.origins, "firewall"), "firewall", key, example);
    }
    const ports = this.ports("firewall.ports", value.ports) ?? [];
    return { ports, cidr: this.cidr("firewall.cidr", value.cidr), written: String(value.cidr) };
  }

  ingress(): readonly IngressClaim[] | undefined {
    const value: unknown = this.options.ingress;
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.bad("ingress", value, "must be a list of entries with ports and a source");
    return value.map((entry: unknown, index) => this.entry(entry, `ingress[${index}]`));
  }

  entry(entry: unknown, path: string): IngressClaim {
    if (!isObject(entry)) throw this.bad(path, entry, "must have ports and a cidr, prefix_list or security_group");
    this.only(entry, `${path}.`, ["ports", "cidr", "prefix_list", "security_group", "max_entries"]);
    const where = writtenAt(this.origins, path);
    const example = '{ ports: [443], cidr: "203.0.113.0/24" }';
    const sources = ["cidr", "prefix_list", "security_group"].filter((key) => entry[key] !== undefined);
    if (sources.length === 0) throw errors.optionWithout(where, path, "cidr, prefix_list or security_group", example);
    if (sources.length > 1) throw errors.severalSources(where, path, sources);
    if (entry.ports === undefined) throw errors.optionWithout(where, path, "ports", example);
    const ports = this.ports(`${path}.ports`, entry.ports) ?? [];
    if (ports.length === 0) this.warn(`${path}.ports`, `${path}.ports is empty: the entry opens nothing`);
    return { ports, source: this.source(entry, path), path };
  }

  source(entry: Readonly<Record<string, unknown>>, path: string): RuleSource {
    const max = entry.max_entries;
    if (max !== undefined && (entry.prefix_list === undefined || !isCount(max))) {
      throw this.bad(
        `${path}.max_entries`,
        max,
        "must be the number of entries that a prefix_list may have, from 1 to 1000",
      );
    }
    if (entry.prefix_list !== undefined) {
      const id = this.id(`${path}.prefix_list`, entry.prefix_list, /^pl-[0-9a-f]{8,17}$/, "pl-0123456789abcdef0");
      return defined({ kind: "prefix-list", id, maxEntries: isCount(max) ? max : undefined });
    }
    if (entry.security_group !== undefined) {
      // A group of a peered account is written with the account's number.
      const shape = /^(?:\d{12}\/)?sg-[0-9a-f]{8,17}$/;
      return {
        kind: "security-group",
        id: this.id(`${path}.security_group`, entry.security_group, shape, "sg-0123456789abcdef0"),
      };
    }
    return { kind: "cidr", cidr: this.cidr(`${path}.cidr`, entry.cidr) };
  }

  id(path: string, value: unknown, shape: RegExp, example: string): string {
    // A reference to what Terraform makes is filled in at apply.
    if (typeof value === "string" && (shape.test(value) || value.startsWith("${"))) return value;
    throw this.bad(path, value, `must be an id such as "${example}"`);
  }

  cidr(path: string, value: unknown): Cidr {
    if (typeof value !== "string")
      throw this.bad(path, value, 'must be a block of addresses, such as "203.0.113.0/24"');
    const { cidr, warning } = Cidr.canonical(value);
    if (warning !== undefined) this.warn(path, `${path} ${warning}`);
    return cidr;
  }

  bad(path: string, value: unknown, expected: string) {
    return errors.badOption(writtenAt(this.origins, path), path, value, expected);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 1000;
}
