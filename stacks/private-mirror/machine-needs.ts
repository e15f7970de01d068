/** The needs of a configuration's machines in a private network. Pure. */
import type { Config } from "../../config/load.js";
import { cloudOf, globalName } from "../names.js";
import { type EndpointNeeds, machineNeeds } from "./endpoint-needs.js";

/** The needs of a configuration's hosts; `deployment` is the prefix of their names. */
export function hostNeeds(config: Config, deployment: string): EndpointNeeds {
  return machineNeeds({
    partition: cloudOf(config.region).partition,
    runtimeBucket: globalName(deployment, config.region),
    hasSecrets: config.ssl_cert_crt !== false || config.auth === "token",
    autostop: config.autostop !== false,
    dataBuckets: config.buckets,
  });
}

/** The needs of a lab's gateway. */
export function gatewayNeeds({ region }: Pick<Config, "region">, deployment: string): EndpointNeeds {
  return machineNeeds({
    partition: cloudOf(region).partition,
    runtimeBucket: globalName(deployment, region),
    hasSecrets: true,
    autostop: false,
    dataBuckets: [],
  });
}
