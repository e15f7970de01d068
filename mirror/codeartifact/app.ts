/** Every request: to the API, for packages, or about the mirror itself. */
import { METRICS_TYPE } from "../../base/prometheus.js";
import { Problem } from "../../http/problem.js";
import { malformedTarget, methodNotAllowed, notFound } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { Handle } from "../../http/server/listener.js";
import { parseTarget } from "../../http/server/target.js";
import { PACKAGE_FORMATS } from "../package-format.js";
import { handleApi, type SignedBy } from "./api/handle-api.js";
import type { Service } from "./api/operation.js";
import { may } from "./auth/caller.js";
import { packageCaller } from "./auth/package-auth.js";
import { type PackagePath, parsePackagePath } from "./package-path.js";

export interface AppOptions {
  readonly service: Service;
  readonly signed: SignedBy;
  /** Whether an access key is still in use. */
  readonly isKey: (keyId: string) => boolean;
  readonly isReady: () => boolean;
  readonly metrics: () => Promise<string>;
}

const readOnly = () =>
  new Problem(403, "read-only", "Forbidden", "the access key that asked for this token may not publish");

export function createApp(options: AppOptions): Handle {
  const { service, signed } = options;
  return async (exchange) => {
    const target = parseTarget(exchange.req.url);
    if (target === undefined) throw malformedTarget();
    if (target.path.startsWith("/v1/")) return handleApi(exchange, target, service, signed);
    const packages = parsePackagePath(target.path);
    if (packages !== undefined) return handlePackages(exchange, packages, target.query, options);
    return handleAbout(exchange, target.path, options);
  };
}

/** Names of routes, for metrics. */
export function routeOf(path: string): string {
  if (path.startsWith("/v1/")) return "/v1";
  const packages = parsePackagePath(path);
  if (packages !== undefined) return PACKAGE_FORMATS.some((f) => f === packages.format) ? packages.format : "other";
  return ABOUT.includes(path) ? path : "other";
}

const ABOUT: readonly string[] = ["/healthz", "/readyz", "/metrics"];

async function handlePackages(exchange: Exchange, path: PackagePath, query: string, options: AppOptions) {
  const { service, isKey } = options;
  const { catalog, account, now } = service;
  const domain = catalog.domains().find(({ name }) => name === path.domain && path.owner === account);
  const { authorization } = exchange.req.headers;
  const caller = packageCaller(authorization, service.tokens, domain?.id, isKey, now());
  exchange.who = caller.who;
  const mayPublish = may(caller.role, "publish");
  const reads = exchange.method === "GET" || exchange.method === "HEAD";
  if (!reads && !mayPublish) throw readOnly();
  const repository = catalog.find(path.domain, path.repository);
  const format = PACKAGE_FORMATS.find((each) => each === path.format);
  if (repository === undefined || format === undefined) throw notFound();
  const base = `${service.url()}${path.prefix}/`;
  await service.packages.handle(exchange, { format, repository, path: path.rest, query, base, mayPublish });
}

async function handleAbout(exchange: Exchange, path: string, { isReady, metrics }: AppOptions) {
  // What there is to count is for whoever looks after this machine.
  if (!ABOUT.includes(path) || (path === "/metrics" && !isLoopback(exchange.remote))) throw notFound();
  if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed("GET, HEAD");
  if (path === "/healthz") return exchange.json(200, { status: "ok" });
  if (path === "/readyz") return exchange.json(isReady() ? 200 : 503, { ready: isReady() });
  exchange.answer(200, { "Content-Type": METRICS_TYPE }, await metrics());
}

const isLoopback = (address: string) => address === "::1" || address.startsWith("127.");
