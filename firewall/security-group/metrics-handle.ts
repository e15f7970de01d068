/** `/metrics` and `/healthz` of a sync that keeps running. */
import { METRICS_TYPE } from "../../base/prometheus.js";
import { methodNotAllowed, notFound } from "../../http/problems.js";
import type { Route, RouteHandler } from "../../http/routes/route.js";
import { RouteTable } from "../../http/routes/route-table.js";
import { serveRoutes } from "../../http/routes/serve-routes.js";
import type { Handle } from "../../http/server/listener.js";
import { healthOf, renderMetrics, type SyncHistory } from "./sync-metrics.js";

const NO_STORE = { "Cache-Control": "no-store" };

type MetricsRoute = Route<"anyone", RouteHandler>;

export function metricsHandle(history: () => SyncHistory, intervalMs: number): Handle {
  const routes: readonly MetricsRoute[] = [
    {
      method: "GET",
      path: "/metrics",
      access: "anyone",
      responses: { 200: { description: "The metrics, for Prometheus." } },
      handle: ({ exchange }) =>
        exchange.answer(200, { "Content-Type": METRICS_TYPE, ...NO_STORE }, renderMetrics(history())),
    },
    {
      method: "GET",
      path: "/healthz",
      access: "anyone",
      responses: { 200: { description: "The sync works." }, 503: { description: "The sync fails." } },
      handle: ({ exchange }) => {
        const { healthy, reason } = healthOf(history(), intervalMs, new Date());
        exchange.json(healthy ? 200 : 503, { status: healthy ? "ok" : "failing", reason }, NO_STORE);
      },
    },
  ];
  return serveRoutes<MetricsRoute, void>({
    table: new RouteTable(routes),
    admit: () => undefined,
    invoke: (call) => call.route.handle(call),
    unrouted: (match) => (match.kind === "other-method" ? methodNotAllowed(match.resource.allow) : notFound()),
  });
}
