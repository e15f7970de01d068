/**
 * Reads the firewall options into values and checks that they fit together, so that building the table
 * is arithmetic.
 *
 * Without any option the callers may reach `allow_ports` and nobody else may reach anything. The
 * profile `dask` has the meaning and the defaults of the system whose option names these are.
 */

import { defined } from "../../base/defined.js";
import { Cidr } from "../../net/cidr.js";
import { cidrSource, type RuleSource } from "../../net/ingress-rule.js";
import * as errors from "../errors.js";
import { checkShape } from "./check-shape.js";
import { type Origins, writtenAt } from "./origins.js";
import type { FirewallOptions, IngressEntry, Profile } from "./schema.js";

/** One entry of `ingress`. */
interface ListedRequest {
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
  readonly ingress?: readonly ListedRequest[];
  /** Ports for the callers; none if no option lets callers in. */
  readonly callerPorts: readonly number[];
  /** Whether the table is made of the callers' addresses, which otherwise need no look-up. */
  readonly needsCaller: boolean;
  /** The options that are written, without defaults. */
  readonly given: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

const DEFAULTS: Readonly<Record<Profile, { readonly httpPorts: readonly number[]; readonly isPublic: boolean }>> = {
  http: { httpPorts: [80, 443], isPublic: false },
  // In the order in which the documentation of the four options prints them.
  dask: { httpPorts: [8787, 8786], isPublic: true },
};

const CALLER_PORTS: readonly number[] = [22, 80, 443];

/** @throws Fault for the first option that is unknown, does not fit, or contradicts another. */
export function readOptions(options: FirewallOptions, origins: Origins = {}): CheckedOptions {
  checkShape(options, origins);
  const reader = new Reader(origins);
  const given = new Set(Object.entries(options).flatMap(([key, value]) => (value === undefined ? [] : [key])));
  const { profile = "http" } = options;
  const defaults = DEFAULTS[profile];
  const firewall = reader.firewall(options.firewall);
  const ingress = options.ingress?.map((entry, index) => reader.entry(entry, `ingress[${index}]`));
  if (ingress !== undefined) {
    for (const other of ["firewall", "enable_public_ssh", "enable_public_http"] as const) {
      // A flag that is false adds nothing, so nothing contradicts the list.
      if (other === "firewall" ? firewall === undefined : options[other] !== true) continue;
      throw errors.exclusive(writtenAt(origins, "ingress"), other, writtenAt(origins, other));
    }
  }
  const isPublic = defaults.isPublic && ingress === undefined;
  const lets = given.has("caller") || (profile === "http" && ingress === undefined);
  const callerPorts = lets ? (options.allow_ports ?? CALLER_PORTS) : [];
  const disablePublicIngress = options.disable_public_ingress ?? false;
  const checked: CheckedOptions = defined({
    profile,
    httpPorts: options.http_ports ?? defaults.httpPorts,
    publicSsh: options.enable_public_ssh ?? isPublic,
    publicHttp: options.enable_public_http ?? isPublic,
    disablePublicIngress,
    firewall,
    ingress,
    callerPorts,
    needsCaller: callerPorts.length > 0 && !disablePublicIngress,
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

class Reader {
  readonly warnings: string[] = [];

  constructor(readonly origins: Origins) {}

  warn(path: string, text: string): void {
    const where = writtenAt(this.origins, path);
    this.warnings.push(where === undefined ? text : `${where}: ${text}`);
  }

  firewall(firewall: FirewallOptions["firewall"]): CheckedOptions["firewall"] {
    if (firewall === undefined || Object.keys(firewall).length === 0) return undefined;
    const { ports, cidr } = firewall;
    const example = '{ ports: [8443], cidr: "203.0.113.0/24" }';
    const where = writtenAt(this.origins, "firewall");
    if (cidr === undefined) throw errors.optionWithout(where, "firewall", "cidr", example);
    if (ports === undefined) throw errors.optionWithout(where, "firewall", "ports", example);
    return { ports, cidr: this.cidr("firewall.cidr", cidr), written: cidr };
  }

  entry(entry: IngressEntry, path: string): ListedRequest {
    const { ports } = entry;
    const where = writtenAt(this.origins, path);
    const example = '{ ports: [443], cidr: "203.0.113.0/24" }';
    const sources = (["cidr", "prefix_list", "security_group"] as const).filter((key) => entry[key] !== undefined);
    if (sources.length === 0) throw errors.optionWithout(where, path, "cidr, prefix_list or security_group", example);
    if (sources.length > 1) throw errors.severalSources(where, path, sources);
    if (ports === undefined) throw errors.optionWithout(where, path, "ports", example);
    if (ports.length === 0) this.warn(`${path}.ports`, `${path}.ports is empty: the entry opens nothing`);
    return { ports, source: this.source(entry, path), path };
  }

  source({ cidr, prefix_list, security_group, max_entries }: IngressEntry, path: string): RuleSource {
    if (prefix_list !== undefined) return defined({ kind: "prefix-list", id: prefix_list, maxEntries: max_entries });
    if (max_entries !== undefined) throw errors.maxEntriesWithoutList(writtenAt(this.origins, path), path, max_entries);
    if (security_group !== undefined) return { kind: "security-group", id: security_group };
    return cidrSource(this.cidr(`${path}.cidr`, cidr ?? ""));
  }

  cidr(path: string, text: string): Cidr {
    const { cidr, warning } = Cidr.canonical(text);
    if (warning !== undefined) this.warn(path, `${path} ${warning}`);
    return cidr;
  }
}
