/** The needs of a configuration's machines in a private network. Pure. */
import type { Config } from "../../config/load.js";
import { cloudOf } from "../names.js";
import { type EndpointNeeds, machineNeeds } from "./endpoint-needs.js";

/** The needs of a configuration's hosts, whose runtime is in that bucket. */
export function hostNeeds(config: Config, runtimeBucket: string): EndpointNeeds {
  return machineNeeds({
    partition: cloudOf(config.region).partition,
    runtimeBucket,
    hasSecrets: config.ssl_cert_crt !== false || config.auth === "token",
    autostop: config.autostop !== false,
    dataBuckets: config.buckets,
  });
}

/** The needs of a lab's gateway. */
export function gatewayNeeds({ region }: Pick<Config, "region">, runtimeBucket: string): EndpointNeeds {
  return machineNeeds({
    partition: cloudOf(region).partition,
    runtimeBucket,
    hasSecrets: true,
    autostop: false,
    dataBuckets: [],
  });
}
