/** The routes about the gateway itself. */
import { Type } from "@sinclair/typebox";
import { METRICS_TYPE } from "../../base/prometheus.js";
import { DOCS_HEADERS, DOCS_PAGE } from "./docs-page.js";
import type { Readiness } from "./readiness.js";
import type { Route } from "./route.js";

export interface AboutOptions {
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: () => Promise<string>;
  readonly openapi: () => unknown;
}

export function aboutRoutes({ readiness, metrics, openapi }: AboutOptions): Route[] {
  const get = (path: string, summary: string, more: Pick<Route, "handle"> & Partial<Route>): Route => ({
    method: "GET",
    path,
    summary,
    access: "anyone",
    responses: { 200: { description: "As asked." } },
    ...more,
  });
  const Ready = Type.Object({ ready: Type.Boolean(), checks: Type.Record(Type.String(), Type.String()) });
  return [
    get("/healthz", "Whether the process is alive.", {
      responses: { 200: { description: "It is.", schema: Type.Object({ status: Type.Literal("ok") }) } },
      handle: async () => ({ status: 200, json: { status: "ok" } }),
    }),
    get("/readyz", "Whether database and kernel answer.", {
      responses: {
        200: { description: "They do.", schema: Ready },
        503: { description: "One does not.", schema: Ready },
      },
      handle: async () => {
        const state = await readiness();
        return { status: state.ready ? 200 : 503, json: state };
      },
    }),
    get("/metrics", "Numbers for Prometheus.", {
      access: "read",
      handle: async () => ({ status: 200, headers: { "Content-Type": METRICS_TYPE }, text: await metrics() }),
    }),
    get("/openapi.json", "This document.", { handle: async () => ({ status: 200, json: openapi() }) }),
    get("/docs", "A page to try it.", {
      handle: async () => ({ status: 200, headers: DOCS_HEADERS, text: DOCS_PAGE }),
    }),
  ];
}
