/** What the machines of a configuration need of a private network. Pure. */
import type { Config } from "../../config/load.js";
import { cloudOf, globalName } from "../names.js";
import { type EndpointNeeds, machineNeeds } from "./endpoint-needs.js";

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
