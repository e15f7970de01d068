/** Every operation that is here, by method and path. */

import { domainOperations } from "./domain-operations.js";
import type { Operation } from "./operation.js";
import { packageOperations } from "./package-operations.js";
import { policyOperations } from "./policy-operations.js";
import { repositoryOperations } from "./repository-operations.js";
import { tagOperations } from "./tag-operations.js";
import { tokenOperations } from "./token-operations.js";

const CALLS = [
  ...domainOperations,
  ...repositoryOperations,
  ...policyOperations,
  ...tagOperations,
  ...tokenOperations,
  ...packageOperations,
];

export const operations: ReadonlyMap<string, Operation> = new Map(
  CALLS.map((call) => [`${call.method} ${call.path}`, call]),
);
