/** Turns `private_mirror:` into the inputs of its stack: looks everything up and checks it. */

import type { LoadedConfig } from "../../config/load.js";
import { cloudOf, gatewayDeployment, globalName, hostsDeployment } from "../names.js";
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
  const common = {
    ...(await taggedTarget(loaded, options)),
    place,
    repositories,
    services: written.endpoints ?? [],
    readers,
  };
  if (!isHome) return { ...common, machines: [], readerNames: [] };

  // The names of the hosts' role and bucket derive from their future key.
  const { suffix } = await prepareKey(config, options);
  const hosts = hostsDeployment(config.name, suffix);
  return {
    ...common,
    machines: [
      hostNeeds(config, hosts),
      ...(config.lab_gateway === undefined ? [] : [gatewayNeeds(config, gatewayDeployment(config.name, suffix))]),
    ],
    readerNames: [config.role ?? globalName(hosts, config.region)],
  };
}
