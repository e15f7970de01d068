/** `/metrics` and `/healthz` of a sync that runs on. */
import { METRICS_TYPE } from "../../base/prometheus.js";
import { methodNotAllowed, notFound } from "../../http/problems.js";
import type { Handle } from "../../http/server/listener.js";
import { parseTarget } from "../../http/server/target.js";
import { healthOf, renderMetrics, type SyncHistory } from "./sync-metrics.js";

const NO_STORE = { "Cache-Control": "no-store" };

export function metricsHandle(history: () => SyncHistory, intervalMs: number): Handle {
  return (exchange) => {
    const path = parseTarget(exchange.req.url)?.path;
    if (path !== "/metrics" && path !== "/healthz") throw notFound();
    if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed("GET, HEAD");
    if (path === "/metrics") {
      const headers = { "Content-Type": METRICS_TYPE, ...NO_STORE };
      exchange.answer(200, headers, renderMetrics(history()));
      return;
    }
    const { healthy, reason } = healthOf(history(), intervalMs, new Date());
    exchange.json(healthy ? 200 : 503, { status: healthy ? "ok" : "failing", reason }, NO_STORE);
  };
}
