/** Health, readiness and metrics of the mirror itself. */
import { METRICS_TYPE } from "../base/prometheus.js";
import type { Route } from "../http/routes/route.js";
import type { Exchange } from "../http/server/exchange.js";

type AboutHandler = (exchange: Exchange) => void | Promise<void>;

export interface AboutRoute extends Route<"anyone" | "loopback", AboutHandler> {
  readonly kind: "about";
}

export interface AboutOptions {
  readonly isReady: () => boolean;
  readonly metrics: () => Promise<string>;
}

export function aboutRoutes({ isReady, metrics }: AboutOptions): readonly AboutRoute[] {
  return [
    {
      kind: "about",
      method: "GET",
      path: "/healthz",
      access: "anyone",
      responses: { 200: { description: "The process answers." } },
      handle: (exchange) => exchange.json(200, { status: "ok" }),
    },
    {
      kind: "about",
      method: "GET",
      path: "/readyz",
      access: "anyone",
      responses: { 200: { description: "Changes can be stored." }, 503: { description: "Storing has failed." } },
      handle: (exchange) => exchange.json(isReady() ? 200 : 503, { ready: isReady() }),
    },
    {
      kind: "about",
      method: "GET",
      path: "/metrics",
      access: "loopback",
      responses: { 200: { description: "Metrics for Prometheus." } },
      handle: async (exchange) => exchange.answer(200, { "Content-Type": METRICS_TYPE }, await metrics()),
    },
  ];
}
