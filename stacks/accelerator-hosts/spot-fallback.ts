/**
 * Decides what to do if AWS has no spot instance for a host. Pure.
 *
 * On-demand machines cost more. They replace exactly the refused hosts, only if nothing else went wrong, and only if
 * the configuration permits it.
 */

import type { TerraformFailure } from "../terraform/terraform-log.js";
import type { PlannedHost } from "./hosts.js";

/** EC2's codes for "not now, not at this price, not so many". Other failures do not count. */
const REFUSALS = [
  "InsufficientInstanceCapacity",
  "MaxSpotInstanceCountExceeded",
  "SpotMaxPriceTooLow",
  "UnfulfillableCapacity",
] as const;

export interface SpotRefusal {
  readonly host: string;
  /** EC2's code. */
  readonly code: (typeof REFUSALS)[number];
}

export type SpotDecision =
  /** The failure is not, or not only, about spot instances. */
  | { readonly kind: "none" }
  | { readonly kind: "fall-back"; readonly refusals: readonly SpotRefusal[] }
  /** The failure concerns hosts without a fallback. */
  | { readonly kind: "refused"; readonly refusals: readonly SpotRefusal[] };

export function decideFallback(failures: readonly TerraformFailure[], hosts: readonly PlannedHost[]): SpotDecision {
  const spot = new Map(hosts.flatMap((host) => (host.kind === "new" && host.spot ? [[host.name, host.spot]] : [])));
  const refusals: SpotRefusal[] = [];
  for (const failure of failures) {
    const host = hostOf(failure);
    const code = REFUSALS.find((each) => `${failure.summary}\n${failure.detail}`.includes(each));
    if (host === undefined || code === undefined || !spot.has(host)) return { kind: "none" };
    if (!refusals.some((refusal) => refusal.host === host)) refusals.push({ host, code });
  }
  if (refusals.length === 0) return { kind: "none" };
  const strict = refusals.filter(({ host }) => spot.get(host)?.fallback === false);
  return strict.length > 0 ? { kind: "refused", refusals: strict } : { kind: "fall-back", refusals };
}

/** The hosts, with the refused ones on demand. */
export function onDemandInstead(hosts: readonly PlannedHost[], names: ReadonlySet<string>): PlannedHost[] {
  return hosts.map((host) => (mayFallBack(host) && names.has(host.name) ? { ...host, spot: false } : host));
}

/** The on-demand hosts to keep on record: those that exist and would be spot instances. */
export function stillOnDemand(names: ReadonlySet<string>, configured: readonly PlannedHost[]): string[] {
  return configured.filter((host) => mayFallBack(host) && names.has(host.name)).map(({ name }) => name);
}

/** The hosts whose machines could not be created, whatever the reason. */
export function failedHosts(failures: readonly TerraformFailure[]): ReadonlySet<string> {
  return new Set(failures.flatMap((failure) => hostOf(failure) ?? []));
}

function mayFallBack(host: PlannedHost): boolean {
  return host.kind === "new" && host.spot !== false && host.spot.fallback;
}

function hostOf({ name }: TerraformFailure): string | undefined {
  return /^(.+)\/Instance$/.exec(name)?.[1];
}
