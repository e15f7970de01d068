/** What the agent says of itself: whether it is ready, its version, its metrics and its interface. */
import { METRICS_TYPE } from "../../base/prometheus.js";
import { methodNotAllowed } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";

export interface AboutOptions {
  readonly name: string;
  readonly version: string;
  readonly isReady: () => boolean;
  readonly metrics: () => string;
  /** An OpenAPI document. */
  readonly openapi: object;
}

const NO_STORE = { "Cache-Control": "no-store" };

/** @returns the way to answer a path, or undefined where it is another's. */
export function createAbout(options: AboutOptions): (path: string) => ((exchange: Exchange) => void) | undefined {
  const { name, version } = options;
  const answers: Readonly<Record<string, (exchange: Exchange) => void>> = {
    "/readyz": (exchange) => {
      const ready = options.isReady();
      exchange.json(ready ? 200 : 503, { status: ready ? "ready" : "stopping" }, NO_STORE);
    },
    "/version": (exchange) => exchange.json(200, { name, version, node: process.versions.node }, NO_STORE),
    "/metrics": (exchange) => exchange.answer(200, { "Content-Type": METRICS_TYPE, ...NO_STORE }, options.metrics()),
    "/openapi.json": (exchange) => exchange.json(200, options.openapi, { "Cache-Control": "no-cache" }),
  };
  return (path) => {
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
    if (answer === undefined) return undefined;
    return (exchange) => {
      if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed("GET, HEAD");
      answer(exchange);
    };
  };
}
