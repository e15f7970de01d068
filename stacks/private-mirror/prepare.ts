/** What `private_mirror:` says as the inputs of its stack: everything is found out and checked here. */

import { defined } from "../../base/defined.js";
import { findLoginKey } from "../../certs/login-key.js";
import type { Config, LoadedConfig } from "../../config/load.js";
import { aboutKey, deploymentTarget, type PrepareOptions, sshDir } from "../accelerator-hosts/prepare.js";
import { cloudOf, deploymentSuffix, ec2KeyPair, gatewayDeployment, globalName } from "../names.js";
import { refuseLeakyLog } from "../terraform/log-guard.js";
import { type EndpointNeeds, machineNeeds } from "./endpoint-needs.js";
import * as errors from "./errors.js";
import type { PrivateMirrorInputs } from "./inputs.js";
import { mirrorRepositories } from "./repositories.js";
import { networkPlace } from "./subnets.js";

/** @throws Fault (exit status 2) for what does not fit, before anything is made. */
export async function prepareMirror(loaded: LoadedConfig, options: PrepareOptions): Promise<PrivateMirrorInputs> {
  const { config } = loaded;
  const { env, onStep = () => undefined, create = true } = options;
  refuseLeakyLog(env);
  const written = config.private_mirror ?? {};
  const at = (part: string) => loaded.placeOf(`/private_mirror/${part}`);
  const place = networkPlace(written, at);
  const repositories = mirrorRepositories(written, config.name, at);
  const readers = [...new Set(written.readers ?? [])];
  const { partition } = cloudOf(config.region);
  const foreign = readers.find((arn) => !arn.startsWith(`arn:${partition}:`));
  if (foreign !== undefined) throw errors.foreignRole(at("readers"), foreign, partition);
  const isHome = config.network !== undefined;
  if (readers.length === 0 && !isHome) throw errors.noReaders(loaded.placeOf("/private_mirror"));
  const formatsNeedS3 = repositories.formats.some((format) => format !== "pypi");
  if (place.kind === "existing" && place.routeTableIds.length === 0 && (isHome || formatsNeedS3)) {
    throw errors.routeTablesNeeded(at("route_table_ids"));
  }
  const common = { ...deploymentTarget(loaded, env), place, repositories, services: written.endpoints ?? [], readers };
  if (!isHome) return { ...common, machines: [], readerNames: [] };

  // The names of the hosts' role and bucket are made of the key that they will have.
  const key = await findLoginKey(
    config.key_pair,
    defined({ dir: sshDir(env), create: create ? config.key_type : undefined }),
  );
  onStep(aboutKey(key));
  const suffix = deploymentSuffix(key.publicKey ?? ec2KeyPair(key.ec2Name ?? ""));
  const hosts = `${config.name}-${suffix}`;
  return {
    ...common,
    machines: [
      hostNeeds(config, hosts),
      ...(config.lab_gateway === undefined ? [] : [gatewayNeeds(config, gatewayDeployment(config.name, suffix))]),
    ],
    readerNames: [config.role ?? globalName(hosts, config.region)],
  };
}

/** What the hosts of a configuration need; `deployment` is the front of their names. */
export function hostNeeds(config: Config, deployment: string): EndpointNeeds {
  return machineNeeds({
    partition: cloudOf(config.region).partition,
    runtimeBucket: globalName(deployment, config.region),
    hasSecrets: config.ssl_cert_crt !== false || config.auth === "token",
    autostop: config.autostop !== false,
    dataBuckets: config.buckets,
  });
}

/** What a lab's gateway needs. */
export function gatewayNeeds({ region }: Pick<Config, "region">, deployment: string): EndpointNeeds {
  return machineNeeds({
    partition: cloudOf(region).partition,
    runtimeBucket: globalName(deployment, region),
    hasSecrets: true,
    autostop: false,
    dataBuckets: [],
  });
}
