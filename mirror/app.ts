/** All routes of the mirror: CodeArtifact's API, the packages, and health and metrics. */
import { Problem } from "../http/problem.js";
import { notFound } from "../http/problems.js";
import { type Match, RouteTable, UNKNOWN_ROUTE } from "../http/routes/route-table.js";
import { serveRoutes, unroutedProblem } from "../http/routes/serve-routes.js";
import type { Exchange } from "../http/server/exchange.js";
import type { Handle } from "../http/server/listener.js";
import { isLoopback } from "../net/address.js";
import { type AboutRoute, aboutRoutes } from "./about-routes.js";
import {
  type ApiCall,
  type ApiRoute,
  admitApi,
  answerApi,
  refuseApi,
  type SignedBy,
} from "./codeartifact/api/api-routes.js";
import type { Service } from "./codeartifact/api/operation.js";
import { apiRoutes } from "./codeartifact/api/operations.js";
import { may } from "./codeartifact/auth/caller.js";
import { packageCaller } from "./codeartifact/auth/package-auth.js";
import { unknownOperation } from "./codeartifact/errors.js";
import { PACKAGE_PREFIXES, type PackagePath, parsePackagePath } from "./codeartifact/package-path.js";
import { npmPath } from "./npm/npm-path.js";
import { PACKAGE_FORMATS } from "./package-format.js";
import type { PackageRequest, PackageRoute } from "./resolve/contract.js";
import { answerPackage, inFormOf, refusePackage, routesAt } from "./resolve/package-routes.js";

export interface AppOptions {
  readonly service: Service;
  readonly signed: SignedBy;
  /** Whether an access key is still in use. */
  readonly isKey: (keyId: string) => boolean;
  readonly isReady: () => boolean;
  readonly metrics: () => Promise<string>;
}

export interface App {
  readonly handle: Handle;
  /** The label of a path in metrics. */
  readonly labelOf: (path: string) => string;
}

type MirrorRoute = ApiRoute | PackageRoute | AboutRoute;

/** What admission found out about a request. */
type Admitted =
  | { readonly kind: "api"; readonly call: ApiCall }
  | { readonly kind: "package"; readonly request: PackageRequest }
  | { readonly kind: "about" };

const readOnly = () =>
  new Problem(403, "read-only", "Forbidden", "the access key that asked for this token may not publish");

export function createApp(options: AppOptions): App {
  const { service, signed } = options;
  const table = new RouteTable<MirrorRoute>([
    ...apiRoutes,
    ...PACKAGE_FORMATS.flatMap((format) => routesAt(service.packages.routes[format], PACKAGE_PREFIXES[format])),
    ...aboutRoutes(options),
  ]);
  const handle = serveRoutes<MirrorRoute, Admitted>({
    table,
    normalize,
    async admit(exchange, match, target) {
      if (target === undefined) return { kind: "about" };
      if (isApi(target.path))
        return { kind: "api", call: await admitApi({ exchange, match, target, service, signed }) };
      const path = parsePackagePath(target.path);
      if (path !== undefined) return { kind: "package", request: admitPackage(exchange, path, options) };
      admitAbout(exchange, match);
      return { kind: "about" };
    },
    async invoke({ exchange, route, params, admitted }) {
      if (route.kind === "api" && admitted.kind === "api") return answerApi(exchange, route, admitted.call);
      if (route.kind === "package" && admitted.kind === "package") {
        return answerPackage(route, { exchange, params, request: admitted.request });
      }
      if (route.kind === "about" && admitted.kind === "about") return route.handle(exchange);
      throw notFound();
    },
    unrouted(match, target, exchange) {
      if (target === undefined) return unroutedProblem(match);
      if (isApi(target.path)) return unknownOperation(exchange.method, target.path);
      const problem = match.kind === "malformed" ? notFound() : unroutedProblem(match);
      const format = parsePackagePath(target.path)?.format;
      return format === undefined ? problem : inFormOf(format, problem);
    },
    refuse(exchange, error, target) {
      if (target !== undefined && isApi(target.path)) refuseApi(exchange, error);
      else refusePackage(exchange, error);
    },
  });
  return { handle, labelOf: (path) => labelOf(table, path) };
}

const isApi = (path: string) => path.startsWith("/v1/");

/** AWS ignores slashes at the end of an operation's path; npm writes scoped names in two ways. */
function normalize(path: string): string {
  if (isApi(path)) return path.replace(/(.)\/+$/, "$1");
  const packages = parsePackagePath(path);
  return packages?.format === "npm" ? packages.prefix + npmPath(packages.rest) : path;
}

/** Paths that no route has are counted with what they are below. */
function labelOf(table: RouteTable<MirrorRoute>, path: string): string {
  const label = table.labelOf(normalize(path));
  if (label !== UNKNOWN_ROUTE) return label;
  if (isApi(path)) return "/v1";
  return PACKAGE_FORMATS.find((format) => format === parsePackagePath(path)?.format) ?? UNKNOWN_ROUTE;
}

/** Checks the token before anything else, so that only its holder learns which repositories exist. @throws Problem */
function admitPackage(exchange: Exchange, path: PackagePath, { service, isKey }: AppOptions): PackageRequest {
  const { catalog, account, now, tokens } = service;
  const domain = catalog.domains().find(({ name }) => name === path.domain && path.owner === account);
  const { authorization } = exchange.req.headers;
  const caller = packageCaller({ authorization, domainId: domain?.id, nowMs: now() }, { tokens, isKey });
  exchange.who = caller.who;
  const reads = exchange.method === "GET" || exchange.method === "HEAD";
  if (!reads && !may(caller.role, "publish")) throw readOnly();
  const repository = catalog.find(path.domain, path.repository);
  if (repository === undefined || !PACKAGE_FORMATS.some((format) => format === path.format)) throw notFound();
  return { repository, base: `${service.url()}${path.prefix}/` };
}

/** Metrics are for the administrator of this machine. @throws Problem */
function admitAbout(exchange: Exchange, match: Match<MirrorRoute>): void {
  const route = "resource" in match ? match.resource.routes[0] : undefined;
  // An escaped path can match a route that its plain form does not have.
  const foreign = route !== undefined && route.kind !== "about";
  if (foreign || (route?.access === "loopback" && !isLoopback(exchange.remote))) throw notFound();
}
