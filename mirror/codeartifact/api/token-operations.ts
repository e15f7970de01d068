/** GetAuthorizationToken. */
import { endOf } from "../auth/tokens.js";
import { badField } from "../errors.js";
import { domainIn, type Operation, param } from "./operation.js";

const DEFAULT_SECONDS = 43_200;

export const tokenOperations: readonly Operation[] = [
  {
    operation: "GetAuthorizationToken",
    method: "POST",
    path: "/v1/authorization-token",
    access: "read",
    async handle(input) {
      const { service, caller, query } = input;
      const { id } = service.catalog.domain(domainIn(input));
      const text = param(query, "duration");
      if (text !== undefined && !/^\d{1,9}$/.test(text)) throw badField("duration", text, "be a number of seconds");
      const nowMs = service.now();
      const endsMs = endOf(text === undefined ? DEFAULT_SECONDS : Number(text), caller, nowMs);
      const { keyId, name, role } = caller;
      const { token } = await service.tokens.issue({ keyId, who: name, role, domainId: id, endsMs }, nowMs);
      return { authorizationToken: token, expiration: endsMs / 1000 };
    },
  },
];
