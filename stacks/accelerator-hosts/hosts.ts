/** The hosts of a configuration by name, each with its own settings. Pure. */

import { defined } from "../../base/defined.js";
import type { Config, HostOverride, SpotConfig, StopMode } from "../../config/schema.js";
import { DEPLOYMENT_TAG, HOST_TAG, hostNames, hostsDeployment } from "../names.js";

interface Named {
  /** The source of the host's construct ids, so that adding or removing hosts leaves the others alone. */
  readonly name: string;
  /** @default - the image's login user */
  readonly sshUser?: string;
  readonly stopMode: StopMode;
}

/** A machine that the deployment creates. */
export interface NewHost extends Named {
  readonly kind: "new";
  readonly instanceType: string;
  readonly ami: string;
  readonly subnetId?: string;
  /** @default - what suits the image */
  readonly rootVolumeGib?: number;
  readonly spot: false | Spot;
  /** The effect of a shutdown from inside. @default - as EC2: the machine stops */
  readonly onShutdown?: "stop" | "terminate";
}

export interface Spot {
  /** US dollars per hour. @default - the on-demand price */
  readonly maxPrice?: string;
  /** Whether an on-demand machine may take the place of an unavailable spot instance. */
  readonly fallback: boolean;
}

/** An existing machine. The kit may start and stop it, but installs nothing on it. */
interface ExistingInstance extends Named {
  readonly kind: "instance";
  readonly instanceId: string;
}

/** A host known only by its address. */
interface ExistingAddress extends Named {
  readonly kind: "address";
  /** Address or DNS name. */
  readonly address: string;
}

export type PlannedHost = NewHost | ExistingInstance | ExistingAddress;

/**
 * Sorted by name: numerically for `count`, alphabetically for `hosts`. Empty for a fleet, whose machines choose their
 * own names.
 */
export function deployedHosts(config: Config): PlannedHost[] {
  if (config.fleet !== undefined) return [];
  const { instance_id, host_ip, hosts } = config;
  if (instance_id !== undefined) return [plannedHost(config, "accelerator-1", { instance_id })];
  if (host_ip !== undefined) return [plannedHost(config, "accelerator-1", { host_ip })];
  if (hosts === undefined) return hostNames(config.count).map((name) => plannedHost(config, name, {}));
  return Object.entries(hosts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, own]) => plannedHost(config, name, own));
}

/** Tags that identify a machine's deployment and host, whatever its `Name` is. */
export function hostTags(deployment: { readonly name: string; readonly suffix: string }, host: string) {
  return { [DEPLOYMENT_TAG]: hostsDeployment(deployment.name, deployment.suffix), [HOST_TAG]: host };
}

function plannedHost(config: Config, name: string, own: HostOverride): PlannedHost {
  const sshUser = own.ssh_user ?? config.ssh_user;
  const named = defined({ name, sshUser });
  if (own.instance_id !== undefined) {
    return { ...named, kind: "instance", stopMode: config.stop_mode ?? "keep", instanceId: own.instance_id };
  }
  if (own.host_ip !== undefined) return { ...named, kind: "address", stopMode: "keep", address: own.host_ip };
  const subnetId = own.subnet_id ?? config.subnet_id;
  return {
    ...named,
    kind: "new",
    stopMode: config.stop_mode ?? "term",
    instanceType: own.instance_type ?? config.instance_type,
    ami: own.ami ?? config.ami,
    ...defined({ subnetId, rootVolumeGib: own.root_volume_gib ?? config.root_volume_gib }),
    ...spotAndShutdown(own.spot ?? config.spot, config.stop_mode),
  };
}

/** Only an explicit stop_mode decides the effect of a shutdown: the default must never delete a disk. */
function spotAndShutdown(written: SpotConfig, stopMode: StopMode | undefined): Pick<NewHost, "spot" | "onShutdown"> {
  const spot = spotOf(written);
  if (stopMode === "term") return { spot, onShutdown: "terminate" };
  // EC2 cannot stop one-time spot instances. For on-demand hosts, set it explicitly: omitting it keeps the previous value.
  return stopMode === undefined || spot !== false ? { spot } : { spot, onShutdown: "stop" };
}

function spotOf(spot: SpotConfig): false | Spot {
  if (spot === false) return false;
  const { max_price, fallback = true } = spot === true ? {} : spot;
  return defined({ maxPrice: max_price === undefined ? undefined : String(max_price), fallback });
}
