/** The gateway's route table without a gateway behind it: for what is said of routes, not for requests. */
import { aboutRoutes } from "../../../gateway/api/about.js";
import { forwardRoutes } from "../../../gateway/api/forwards.js";
import { machineRoutes } from "../../../gateway/api/machines.js";
import type { ApiRoute } from "../../../gateway/api/route.js";
import type { ApiServices } from "../../../gateway/api/services.js";
import { signInRoutes } from "../../../gateway/api/sign-in.js";
import { usageRoutes } from "../../../gateway/api/usage.js";
import { vlabRoutes } from "../../../gateway/api/vlab.js";

const services = { helpBase: "" } as ApiServices;
const none = async () => {
  throw new Error("not asked here");
};

export const gatewayRoutes: readonly ApiRoute[] = [
  ...forwardRoutes(services),
  ...machineRoutes(services),
  ...usageRoutes(services),
  ...vlabRoutes(services),
  ...signInRoutes(),
  ...aboutRoutes({ readiness: none, metrics: none, openapi: none }),
];
