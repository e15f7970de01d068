/** `/v1/usage` and `/v1/whoami`. */

import type { Static } from "@sinclair/typebox";
import { defined } from "../../base/defined.js";
import { ownedBy } from "../auth/caller.js";
import { noAccess } from "../auth/problems.js";
import { defaultSeconds } from "../forwards/policy.js";
import { iso, usageReport } from "./documents.js";
import { canonicalAddress } from "./forwards.js";
import { parseSince } from "./query.js";
import { type ApiRoute, apiRoute } from "./route.js";
import { DEFAULT_SINCE, UsageQuery, UsageReport, WhoAmI } from "./schemas.js";
import type { ApiServices } from "./services.js";

export function usageRoutes({ forwards, store, policy, now = Date.now }: ApiServices): ApiRoute[] {
  return [
    apiRoute({
      method: "GET",
      path: "/v1/usage",
      summary: "Show the traffic of your forwards; an admin's report has those of all users.",
      access: "read",
      query: UsageQuery,
      responses: { 200: { description: "Sums per forward, and minute by minute.", schema: UsageReport } },
      handle: async ({ caller, query }) => {
        const since = parseSince(query.since ?? DEFAULT_SINCE, now());
        const own = ownedBy(caller);
        if (own !== undefined && query.owner !== undefined && query.owner !== own) throw noAccess(own);
        const filter = defined({ owner: own ?? query.owner });
        const addr = query.target_addr === undefined ? undefined : canonicalAddress(query.target_addr);
        const samples = await store.usage({ ...filter, ...defined({ connPort: query.conn_port, addr }), since });
        return { status: 200, json: usageReport(since, samples, await forwards.list(filter)) };
      },
    }),
    apiRoute({
      method: "GET",
      path: "/v1/whoami",
      summary: "Show the user of your token, and when it expires.",
      access: "token",
      responses: { 200: { description: "The user.", schema: WhoAmI } },
      handle: async ({ caller: { name, scopes, clientIp, expiresAt }, client }) => {
        const json = defined<Static<typeof WhoAmI>>({
          user: name,
          scopes: [...scopes],
          client_ip: clientIp,
          expires_at: iso(expiresAt),
          address: client,
          forward_defaults: { sources: policy.sources, expires_in: defaultSeconds(policy) ?? null },
        });
        return { status: 200, json };
      },
    }),
  ];
}
