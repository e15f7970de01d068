/** The routes about the gateway itself. */
import { Type } from "@sinclair/typebox";
import { METRICS_TYPE } from "../../base/prometheus.js";
import { DOCS_HEADERS, DOCS_PAGE } from "./docs-page.js";
import type { Readiness } from "./readiness.js";
import { type Access, type ApiResponse, type ApiRoute, type ApiRouteOptions, apiRoute } from "./route.js";

export interface AboutOptions {
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: () => Promise<string>;
  readonly openapi: () => unknown;
}

const Health = Type.Object({ status: Type.Literal("ok") });
const Texts = Type.Record(Type.String(), Type.String());
const Ready = Type.Object({ ready: Type.Boolean(), checks: Texts, reasons: Type.Optional(Texts) });
const TEXT = { 200: { description: "The text." } };

export function aboutRoutes({ readiness, metrics, openapi }: AboutOptions): ApiRoute[] {
  const get = (
    path: string,
    summary: string,
    responses: ApiRouteOptions<never>["responses"],
    handle: () => Promise<ApiResponse>,
    access: Access = "anyone",
  ) => apiRoute({ method: "GET", path, summary, access, responses, handle });
  return [
    get(
      "/healthz",
      "Whether the process is alive.",
      { 200: { description: "It is alive.", schema: Health } },
      async () => ({ status: 200, json: { status: "ok" } }),
    ),
    get(
      "/readyz",
      "Whether database, kernel and interfaces work, and why not.",
      {
        200: { description: "All work.", schema: Ready },
        503: { description: "One does not work.", schema: Ready },
      },
      async () => {
        const state = await readiness();
        return { status: state.ready ? 200 : 503, json: state };
      },
    ),
    get(
      "/metrics",
      "Metrics for Prometheus.",
      TEXT,
      async () => ({ status: 200, headers: { "Content-Type": METRICS_TYPE }, text: await metrics() }),
      "read",
    ),
    get("/openapi.json", "This document.", { 200: { description: "The document." } }, async () => ({
      status: 200,
      json: openapi(),
    })),
    get("/docs", "A page to try the API.", TEXT, async () => ({ status: 200, headers: DOCS_HEADERS, text: DOCS_PAGE })),
  ];
}
