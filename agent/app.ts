/** Handles every request: checks its access, then passes it to its route. */
import { bearerOfBasic } from "../http/headers/basic.js";
import type { Authenticate } from "../http/headers/bearer.js";
import { unauthorized } from "../http/problems.js";
import type { Match, RouteTable } from "../http/routes/route-table.js";
import { serveRoutes, unroutedProblem } from "../http/routes/serve-routes.js";
import type { Handle } from "../http/server/listener.js";
import type { RequestTarget } from "../http/server/target.js";
import { APYFAL_PREFIX } from "./apyfal/routes.js";
import { FILE_PATH } from "./files/routes.js";
import type { Uses } from "./idle/uses.js";
import type { Access, AgentRoute } from "./route.js";

export interface AppOptions {
  readonly table: RouteTable<AgentRoute>;
  readonly authenticate: Authenticate;
  readonly uses: Pick<Uses, "begin">;
  /** The refusal of a method below `/v1/files/`, where the allowed methods depend on the directory. */
  readonly refuseFileMethod: (rawPath: string) => Error;
}

export function createApp({ table, authenticate, uses, refuseFileMethod }: AppOptions): Handle {
  return serveRoutes<AgentRoute, void>({
    table,
    admit: (exchange, match, target) => {
      const access = accessOf(match, target);
      if (access !== "anyone") {
        const { authorization } = exchange.req.headers;
        const who = authenticate(access === "token" ? authorization : bearerOfBasic(authorization));
        if (who === undefined) throw unauthorized();
        exchange.who = who;
      }
      if (target !== undefined && isUse(match)) uses.begin(exchange);
    },
    invoke: (call) => call.route.handle(call),
    unrouted: (match, target, exchange) => {
      const isFile = match.kind === "other-method" && match.resource.routes[0]?.path === FILE_PATH;
      if (isFile && target !== undefined) return refuseFileMethod(target.path);
      exchange.res.setHeader("Cache-Control", "no-cache");
      return unroutedProblem(match);
    },
  });
}

/** Callers without a token learn only that this host is alive, not even which paths are unknown or malformed. */
function accessOf(match: Match<AgentRoute>, target: RequestTarget | undefined): Access {
  if (match.kind === "route") return match.route.access;
  if (match.kind === "other-method") return match.resource.routes[0]?.access ?? "token";
  return target?.path.startsWith(APYFAL_PREFIX) ? "token or basic" : "token";
}

/** Requests for unknown paths count too: they fail and so reset nothing, but a host that is ending refuses them as well. */
export function isUse(match: Match<AgentRoute>): boolean {
  if (match.kind === "route") return match.route.isUse ?? true;
  return match.kind !== "other-method" || match.resource.routes.some((route) => route.isUse ?? true);
}
