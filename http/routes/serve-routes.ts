/** Dispatch: from a request to the handler of its route, past the daemon's access rules. */

import type { TLSSocket } from "node:tls";
import { isForeign } from "../headers/origin.js";
import { crossSite, malformedTarget, methodNotAllowed, notFound } from "../problems.js";
import type { Exchange } from "../server/exchange.js";
import type { Handle } from "../server/listener.js";
import { parseTarget, type RequestTarget, refuseTarget } from "../server/target.js";
import type { Route, RouteCall } from "./route.js";
import type { Match, RouteTable } from "./route-table.js";

export interface ServeOptions<R extends Route, Admitted> {
  readonly table: RouteTable<R>;
  /**
   * Applies the access rules before anything else happens, even if nothing was found: a caller without access must not
   * learn from a 404 which paths exist.
   *
   * @returns what handlers get as `admitted`. @throws what refuses the request.
   */
  admit(exchange: Exchange, match: Match<R>, target: RequestTarget | undefined): Admitted | Promise<Admitted>;
  /** More hosts than `Host` under which browsers reach the daemon: those of the proxies in front. @default none */
  moreHosts?(exchange: Exchange): readonly string[];
  /** Calls the handler and answers with what it returns. @default calls it with the call alone */
  invoke(call: RouteCall<Admitted, R>): void | Promise<void>;
  /** Replaces the path before it is searched, for example without its last slashes. */
  normalize?(path: string): string;
  /** Answers a failed request in the form of its protocol. @default an RFC 9457 problem */
  refuse?(exchange: Exchange, error: unknown, target: RequestTarget | undefined): void;
  /** The error of a request without a route. @default 404, or 405 with `Allow` */
  unrouted?(match: Exclude<Match<R>, { kind: "route" }>, target: RequestTarget | undefined, exchange: Exchange): Error;
}

/** Stays synchronous where `admit` and the handler are: a promise costs a small file more than its route. */
export function serveRoutes<R extends Route, Admitted>(options: ServeOptions<R, Admitted>): Handle {
  const { table, moreHosts, normalize, refuse, unrouted = unroutedProblem } = options;

  const proceed = (
    exchange: Exchange,
    match: Match<R>,
    target: RequestTarget | undefined,
    admitted: Admitted,
  ): void | Promise<void> => {
    if (exchange.req.url === "*") throw refuseTarget(exchange.req);
    if (match.kind !== "route" || target === undefined) throw unrouted(match as Unrouted<R>, target, exchange);
    return options.invoke({ exchange, target, route: match.route, params: match.params, admitted });
  };

  const serve = (exchange: Exchange, target: RequestTarget | undefined): void | Promise<void> => {
    const match: Match<R> =
      target === undefined
        ? { kind: "malformed" }
        : table.find(exchange.method, normalize === undefined ? target.path : normalize(target.path));
    if ("resource" in match) exchange.route = match.resource.label;
    // Before access, which may be open to anyone. A page that is refused must not keep the host awake either.
    if (changesState(exchange, match) && isFromOtherSite(exchange, moreHosts)) throw crossSite();
    const admitted = options.admit(exchange, match, target);
    if (admitted instanceof Promise) return admitted.then((value) => proceed(exchange, match, target, value));
    return proceed(exchange, match, target, admitted);
  };

  if (refuse === undefined) return (exchange) => serve(exchange, parseTarget(exchange.req.url));
  return (exchange) => {
    const target = parseTarget(exchange.req.url);
    try {
      return serve(exchange, target)?.catch((error: unknown) => refuse(exchange, error, target));
    } catch (error) {
      refuse(exchange, error, target);
    }
  };
}

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

function changesState(exchange: Exchange, match: Match<Route>): boolean {
  if (!SAFE_METHODS.has(exchange.method)) return true;
  return match.kind === "route" && match.route.changesState === true;
}

function isFromOtherSite(exchange: Exchange, moreHosts: ServeOptions<Route, unknown>["moreHosts"]): boolean {
  const { headers, socket } = exchange.req;
  const hosts = [headers.host ?? "", ...(moreHosts?.(exchange) ?? [])];
  return isForeign(headers, { hosts, encrypted: (socket as Partial<TLSSocket>).encrypted === true });
}

type Unrouted<R extends Route> = Exclude<Match<R>, { kind: "route" }>;

export function unroutedProblem(match: Unrouted<Route>): Error {
  if (match.kind === "malformed") return malformedTarget();
  return match.kind === "other-method" ? methodNotAllowed(match.resource.allow) : notFound();
}
