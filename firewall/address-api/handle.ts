/** The routes of the address API: the shape that Faculty gave it, so that `firewall sync` can follow it. */
import { createHash } from "node:crypto";
import type { Authenticate } from "../../http/headers/bearer.js";
import { Problem } from "../../http/problem.js";
import { methodNotAllowed, notFound, unauthorized } from "../../http/problems.js";
import type { Route, RouteHandler } from "../../http/routes/route.js";
import { RouteTable } from "../../http/routes/route-table.js";
import { serveRoutes } from "../../http/routes/serve-routes.js";
import type { Handle } from "../../http/server/listener.js";
import type { AddressList } from "./address-list.js";

const ADDRESSES_PATH = "/api/cluster/ip-addresses";

type AddressRoute = Route<"anyone" | "token", RouteHandler>;

/** @param read the current addresses. If it fails, the answer is 503, and followers leave their rules as they are. */
export function handleAddresses(authenticate: Authenticate, read: () => Promise<AddressList>): Handle {
  const routes: readonly AddressRoute[] = [
    {
      method: "GET",
      path: "/healthz",
      access: "anyone",
      responses: { 200: { description: "The server runs." } },
      handle: ({ exchange }) => exchange.json(200, { status: "ok" }),
    },
    {
      method: "GET",
      path: ADDRESSES_PATH,
      access: "token",
      responses: { 200: { description: "The addresses." }, 503: { description: "The addresses are unknown now." } },
      handle: async ({ exchange }) => {
        const list = await read().catch((cause: unknown) => {
          throw unavailable(cause);
        });
        const etag = `"${createHash("sha256").update(JSON.stringify(list)).digest("hex").slice(0, 16)}"`;
        exchange.json(200, list, { "Cache-Control": "no-cache", ETag: etag });
      },
    },
  ];
  return serveRoutes<AddressRoute, void>({
    table: new RouteTable(routes),
    normalize: (path) => path.replace(/(?<=.)\/$/, ""),
    admit: (exchange, match) => {
      // Only routes for anyone are open: without a token, unknown paths look like all others.
      if ("resource" in match && match.resource.routes.every(({ access }) => access === "anyone")) return;
      const who = authenticate(exchange.req.headers.authorization);
      if (who === undefined) throw unauthorized();
      exchange.who = who;
    },
    invoke: (call) => call.route.handle(call),
    unrouted: (match) => (match.kind === "other-method" ? methodNotAllowed(match.resource.allow) : notFound()),
  });
}

const unavailable = (cause: unknown) =>
  new Problem(503, "addresses-unknown", "Service unavailable", "the addresses of the hosts cannot be told now", {
    headers: { "Retry-After": "30" },
    cause,
  });
