/** Every operation of the API as a route. */
import { type ApiRoute, apiRoute } from "./api-routes.js";
import { domainOperations } from "./domain-operations.js";
import { packageOperations } from "./package-operations.js";
import { policyOperations } from "./policy-operations.js";
import { repositoryOperations } from "./repository-operations.js";
import { tagOperations } from "./tag-operations.js";
import { tokenOperations } from "./token-operations.js";

export const apiRoutes: readonly ApiRoute[] = [
  ...domainOperations,
  ...repositoryOperations,
  ...policyOperations,
  ...tagOperations,
  ...tokenOperations,
  ...packageOperations,
].map(apiRoute);
