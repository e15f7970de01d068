/** All inputs of the stack `private-mirror`, as plain values. */

import type { EndpointService } from "../../config/schema/private-mirror.js";
import type { MirrorRepositories } from "../constructs/network/package-mirror.js";
import type { NetworkPlace } from "../constructs/network/private-network.js";
import type { DeploymentTarget } from "../prepare/target.js";
import type { EndpointNeeds } from "./endpoint-needs.js";

export interface PrivateMirrorInputs extends DeploymentTarget {
  readonly place: NetworkPlace;
  readonly repositories: MirrorRepositories;
  /** Endpoints that the configuration names. */
  readonly services: readonly EndpointService[];
  /** Needs of the machines that will live in the network. */
  readonly machines: readonly EndpointNeeds[];
  /** ARNs of roles that may install packages. */
  readonly readers: readonly string[];
  /** Names of roles in the account. They need not exist yet. */
  readonly readerNames: readonly string[];
}
