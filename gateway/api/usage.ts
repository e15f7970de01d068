/** `/v1/usage` and `/v1/whoami`: who used what when, and who you are. */

import { defined } from "../../base/defined.js";
import { ownedBy } from "../auth/caller.js";
import { noAccess } from "../auth/problems.js";
import { iso, usageReport } from "./documents.js";
import { integerIn, onlyKnown, sinceIn } from "./query.js";
import type { Route } from "./route.js";
import { UsageQuery, UsageReport, WhoAmI } from "./schemas.js";
import type { ApiServices } from "./services.js";

export function usageRoutes({ forwards, store, now = Date.now }: ApiServices): Route[] {
  return [
    {
      method: "GET",
      path: "/v1/usage",
      summary: "Who used which forward when: your own, or as an admin everybody's.",
      access: "read",
      query: UsageQuery,
      responses: { 200: { description: "Sums for each forward, and minute by minute.", schema: UsageReport } },
      handle: async ({ caller, query }) => {
        onlyKnown(query, UsageQuery.properties);
        const since = sinceIn(query, now());
        const connPort = integerIn(query, "conn_port", 1, 65_535);
        const [own, asked] = [ownedBy(caller), query.get("owner")];
        if (own !== undefined && asked !== null && asked !== own) throw noAccess(own);
        const owner = own ?? asked ?? undefined;
        const filter = owner === undefined ? {} : { owner };
        const samples = await store.usage({ ...filter, ...defined({ connPort }), since });
        return { status: 200, json: usageReport(since, samples, await forwards.list(filter)) };
      },
    },
    {
      method: "GET",
      path: "/v1/whoami",
      summary: "Whom your token stands for, and until when.",
      access: "token",
      responses: { 200: { description: "You.", schema: WhoAmI } },
      handle: async ({ caller: { name, scopes, clientIp, expiresAt } }) => {
        const bound = clientIp === undefined ? {} : { client_ip: clientIp };
        return { status: 200, json: { user: name, scopes: [...scopes], ...bound, expires_at: iso(expiresAt) } };
      },
    },
  ];
}
