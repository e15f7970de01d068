/** The machines that a stack makes, as far as the questions before a deployment go. Pure. */
import { defined } from "../../base/defined.js";
import type { Config } from "../../config/load.js";
import { deployedHosts } from "../accelerator-hosts/hosts.js";
import { imageFamily, ROOT_VOLUME_GIB } from "../constructs/image-families.js";

export interface WantedMachines {
  /** Name of the host, "fleet" or "gateway". */
  readonly what: string;
  /** In order of preference; the first is what is asked for, and what costs. */
  readonly types: readonly [string, ...string[]];
  readonly count: number;
  /** A family or an id. */
  readonly ami: string;
  /** Undefined: the size of the image. */
  readonly rootVolumeGib?: number;
  /** Whether a machine on demand may take the place of one on the spot market. */
  readonly spot: "none" | "with-fallback" | "only";
  /** Whether its public address is what it is met at. */
  readonly isPublic: boolean;
  readonly network: /** A subnet of the region's default VPC. */
    | { readonly kind: "default" }
    | { readonly kind: "subnets"; readonly ids: readonly string[] }
    /** One that the stack makes, or another stack of the project. */
    | { readonly kind: "own" };
}

export function wantedHosts(config: Config): WantedMachines[] {
  const network = (ids: readonly string[] | undefined): WantedMachines["network"] => {
    if (config.network !== undefined) return { kind: "own" };
    return ids === undefined ? { kind: "default" } : { kind: "subnets", ids };
  };
  const { fleet } = config;
  if (fleet !== undefined) return [wantedFleet(config, fleet, network(fleet.subnet_ids ?? only(config.subnet_id)))];
  return deployedHosts(config).flatMap((host) => {
    if (host.kind !== "new") return [];
    const { name, instanceType, ami, spot } = host;
    return defined({
      what: name,
      types: [instanceType] as const,
      count: 1,
      ami,
      rootVolumeGib: rootVolume(ami, host.rootVolumeGib),
      isPublic: isPublic(config),
      spot: spot === false ? ("none" as const) : spot.fallback ? ("with-fallback" as const) : ("only" as const),
      network: network(only(host.subnetId)),
    });
  });
}

function wantedFleet(
  config: Config,
  fleet: NonNullable<Config["fleet"]>,
  network: WantedMachines["network"],
): WantedMachines {
  const [first = config.instance_type, ...rest] = fleet.instance_types ?? [];
  const { on_demand_base = 0, spot_percentage = 0 } = fleet;
  return defined({
    what: "fleet",
    types: [first, ...rest] as const,
    count: fleet.desired ?? fleet.min ?? 0,
    ami: config.ami,
    rootVolumeGib: rootVolume(config.ami, config.root_volume_gib),
    // A group with any share of on-demand machines does not depend on the spot market.
    spot: spot_percentage === 100 && on_demand_base === 0 ? ("only" as const) : ("none" as const),
    isPublic: isPublic(config),
    network,
  });
}

export function wantedGateway({ lab_gateway }: Config): WantedMachines[] {
  const { instance_type = "t3.small", ami = "ubuntu-24.04" } = lab_gateway ?? {};
  return [
    {
      what: "gateway",
      types: [instance_type],
      count: 1,
      ami,
      rootVolumeGib: 20,
      spot: "none",
      isPublic: true,
      network: { kind: "own" },
    },
  ];
}

const isPublic = (config: Config) => config.use_private_ip !== true && config.disable_public_ingress !== true;

const only = (id: string | undefined) => (id === undefined ? undefined : [id]);

function rootVolume(ami: string, given: number | undefined): number | undefined {
  return given ?? (imageFamily(ami)?.isLarge ? undefined : ROOT_VOLUME_GIB);
}
