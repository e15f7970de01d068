/** Authenticates API requests: by a configured access key, or in an emulator by any. */

import { defined } from "../../../base/defined.js";
import type { Exchange } from "../../../http/server/exchange.js";
import type { SignedBy } from "../api/api-routes.js";
import { badSignature } from "../errors.js";
import type { AccessKeys } from "./access-keys.js";
import type { SignedRequest } from "./canonical.js";
import { parseAuthorization, SERVICE, verify } from "./sigv4.js";

export interface SignedByOptions {
  /** The current keys: a reload changes them. */
  readonly keys: () => AccessKeys;
  readonly region: string;
  readonly isOwnHost: (host: string) => boolean;
  readonly now: () => number;
}

export function signedByKeys({ keys, region, isOwnHost, now }: SignedByOptions): SignedBy {
  return {
    precheck: ({ req }) => void parseAuthorization(req.headers.authorization),
    caller(exchange, { path, query }, body) {
      const request: SignedRequest = { method: exchange.method, path, query, headers: headersOf(exchange), body };
      const keyOf = (id: string) => keys().get(id);
      const key = verify(request, { nowMs: now(), region, isOwnHost, keyOf });
      const { id, name, role, endsMs } = key;
      return defined({ name, role, keyId: id, region, endsMs });
    },
  };
}

/** Accepts any credentials in a header of the right form. Only for the loopback. */
export function signedByAnyone(): SignedBy {
  const scopeOf = ({ req }: Exchange) => {
    const { scope } = parseAuthorization(req.headers.authorization);
    if (scope.service !== SERVICE) throw badSignature(`Credential should be scoped to correct service: '${SERVICE}'.`);
    return scope;
  };
  return {
    precheck: (exchange) => void scopeOf(exchange),
    caller(exchange) {
      const { region, keyId } = scopeOf(exchange);
      return { name: "emulator", role: "admin", keyId, region };
    },
  };
}

function headersOf({ req }: Exchange): Record<string, string | undefined> {
  const entries = Object.entries(req.headers);
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value]));
}
