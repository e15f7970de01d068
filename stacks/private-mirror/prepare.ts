/** Turns `private_mirror:` into the inputs of its stack: looks everything up and checks it. */

import type { LoadedConfig } from "../../config/load.js";
import { cloudOf, gatewayDeployment, globalName, hostsDeployment, LAB_STACK_NAME, STACK_NAME } from "../names.js";
import { runtimeBucket } from "../prepare/bucket.js";
import { prepareKey } from "../prepare/login-key.js";
import type { PrepareOptions } from "../prepare/options.js";
import { taggedTarget } from "../prepare/target.js";
import { guardTerraformLog } from "../terraform/tf-log-guard.js";
import * as errors from "./errors.js";
import type { PrivateMirrorInputs } from "./inputs.js";
import { gatewayNeeds, hostNeeds } from "./machine-needs.js";
import { mirrorRepositories } from "./repositories.js";
import { networkPlace } from "./subnets.js";

/** @throws Fault (exit status 2) for a bad value, before anything is created. */
export async function prepareMirror(loaded: LoadedConfig, options: PrepareOptions): Promise<PrivateMirrorInputs> {
  const { config } = loaded;
  const { env } = options;
  guardTerraformLog(env);
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
  const target = await taggedTarget(loaded, options);
  const common = {
    ...target,
    place,
    repositories,
    services: written.endpoints ?? [],
    readers,
  };
  if (!isHome) return { ...common, machines: [], readerNames: [] };

  // The names of the hosts' role and of the buckets are known before these exist.
  const { suffix } = await prepareKey(config, options);
  const [hosts, gateway] = [hostsDeployment(config.name, suffix), gatewayDeployment(config.name, suffix)];
  const needs = [hostNeeds(config, await runtimeBucket(target, STACK_NAME, hosts, options))];
  if (config.lab_gateway !== undefined) {
    needs.push(gatewayNeeds(config, await runtimeBucket(target, LAB_STACK_NAME, gateway, options)));
  }
  return { ...common, machines: needs, readerNames: [config.role ?? globalName(hosts, config.region)] };
}
