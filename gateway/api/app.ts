/** The gateway's requests: authenticates the caller, finds the route, and answers in the format of its API. */
import type { IncomingMessage } from "node:http";
import { defined } from "../../base/defined.js";
import { Problem } from "../../http/problem.js";
import { internal } from "../../http/problems.js";
import { readQuery } from "../../http/routes/read-query.js";
import { responseWriter } from "../../http/routes/response-writer.js";
import type { RouteCall } from "../../http/routes/route.js";
import type { Match, RouteTable } from "../../http/routes/route-table.js";
import { serveRoutes } from "../../http/routes/serve-routes.js";
import { readBody } from "../../http/server/body/read-body.js";
import type { Exchange, Headers } from "../../http/server/exchange.js";
import type { Handle } from "../../http/server/listener.js";
import { parseTarget, type RequestTarget } from "../../http/server/target.js";
import type { Cidr } from "../../net/cidr.js";
import { type Authenticate, tokenIn } from "../auth/authenticate.js";
import { type Caller, may } from "../auth/caller.js";
import { clientAddress } from "../auth/client-address.js";
import { frontHosts, hostOf } from "../auth/front-hosts.js";
import { noAccess } from "../auth/problems.js";
import { isDatabaseGone } from "../store/errors.js";
import { envelopeProblem, helpLink, VLAB_PREFIX } from "./envelope.js";
import { QUERY_PROBLEMS } from "./query.js";
import { type Access, ANONYMOUS, type ApiCall, type ApiResponse, type ApiRoute } from "./route.js";

/** A public document: the page, or a file that it loads. */
export interface Asset {
  readonly headers: Headers;
  readonly body: string | Buffer;
}

export interface AppOptions {
  readonly table: RouteTable<ApiRoute>;
  readonly authenticate: Authenticate;
  /** Proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly Cidr[];
  readonly helpBase: string;
  /** By path. */
  readonly assets?: ReadonlyMap<string, Asset>;
}

/** The largest body is a forward with 64 sources. */
const MAX_BODY_BYTES = 64 * 1024;
const MAX_DETAIL = 256;

export function createApp({ table, authenticate, trustedProxies, helpBase, assets }: AppOptions): Handle {
  const vlabHost = hostOf(helpBase);
  const writers = new Map(table.routes.map((route) => [route, writerOf(route)]));

  const clientOf = ({ remote, req }: Exchange) => clientAddress(remote, listOf(req, "x-forwarded-for"), trustedProxies);

  const admit = async (exchange: Exchange, match: Match<ApiRoute>): Promise<Caller> => {
    const { headers } = exchange.req;
    const access = accessOf(match);
    if (access === "anyone" || (access === "maybe" && tokenIn(headers) === undefined)) return ANONYMOUS;
    const caller = await authenticate(headers, clientOf(exchange));
    exchange.who = caller.name;
    if (access !== "token" && access !== "maybe" && !may(caller, access)) throw noAccess(caller.name);
    return caller;
  };

  const invoke = async ({ exchange, target, route, params, admitted }: RouteCall<Caller, ApiRoute>) => {
    const search = new URLSearchParams(target.query);
    const body = route.method === "GET" ? "" : await bodyOf(exchange);
    const query = route.query === undefined ? {} : readQuery(route.query, search, QUERY_PROBLEMS);
    const client = clientOf(exchange);
    const call: ApiCall = { caller: admitted, client, params, query, search, body, headers: exchange.req.headers };
    const response = await route.handle(call as ApiCall<never>);
    send(exchange, response, writers.get(route) ?? writerOf(route));
  };

  const refuse = (exchange: Exchange, error: unknown, target: RequestTarget | undefined) => {
    const problem = toProblem(error);
    if (target?.path.startsWith(VLAB_PREFIX) !== true) return exchange.problem(problem);
    exchange.verdict = problem.verdict;
    exchange.cause = problem.cause;
    const search = new URLSearchParams(target.query);
    const { status, headers, body } = envelopeProblem(problem, search, helpLink(helpBase, target.path));
    exchange.json(status, body, headers);
  };

  const moreHosts = ({ remote, req }: Exchange) =>
    frontHosts({
      peer: remote,
      forwardedHost: listOf(req, "x-forwarded-host"),
      trusted: trustedProxies,
      vlabHost,
    });
  const serve = serveRoutes<ApiRoute, Caller>({ table, moreHosts, admit, invoke, refuse });
  return (exchange) => {
    exchange.details = details(exchange, trustedProxies);
    const isRead = exchange.method === "GET" || exchange.method === "HEAD";
    const asset = isRead && assets !== undefined ? assets.get(parseTarget(exchange.req.url)?.path ?? "") : undefined;
    if (asset !== undefined) return exchange.answer(200, asset.headers, asset.body);
    return serve(exchange);
  };
}

/** Unknown paths need a token, so that strangers cannot find out which paths exist. */
function accessOf(match: Match<ApiRoute>): Access {
  if (match.kind === "route") return match.route.access;
  return match.kind === "malformed" ? "anyone" : "token";
}

/** vLab's documents have free members; ours contain only what their schema names. */
function writerOf(route: ApiRoute): (status: number, value: unknown) => string {
  return route.path.startsWith(VLAB_PREFIX) ? (_status, value) => JSON.stringify(value) : responseWriter(route);
}

async function bodyOf(exchange: Exchange): Promise<string> {
  try {
    return (await readBody(exchange, MAX_BODY_BYTES, tooLarge)).toString();
  } catch (error) {
    throw error instanceof Problem ? error : unreadable();
  }
}

function send(exchange: Exchange, response: ApiResponse, write: (status: number, value: unknown) => string): void {
  const { status } = response;
  const headers = { "Cache-Control": "no-store", ...response.headers };
  if ("text" in response) exchange.answer(status, headers, status === 204 ? undefined : response.text);
  else exchange.answer(status, { "Content-Type": "application/json", ...headers }, write(status, response.json));
}

/** What the access log says beside the rest. The client chose these words, so they are cut short. */
function details(exchange: Exchange, trustedProxies: readonly Cidr[]) {
  const { remote, req } = exchange;
  const { referer, "user-agent": agent } = req.headers;
  const client = clientAddress(remote, listOf(req, "x-forwarded-for"), trustedProxies);
  return defined({
    protocol: `HTTP/${req.httpVersion}`,
    client: client === remote ? undefined : client,
    referrer: referer === undefined ? undefined : withoutQuery(referer).slice(0, MAX_DETAIL),
    agent: agent === undefined ? undefined : agent.slice(0, MAX_DETAIL),
  });
}

/** A query may hold secrets. */
const withoutQuery = (url: string) => url.split(/[?#]/, 1)[0] ?? "";

function listOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : value;
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return isDatabaseGone(error) ? databaseGone(error) : internal(error);
}

const tooLarge = (max: number) => new Problem(413, "too-large", "Content too large", `a body has at most ${max} bytes`);

const unreadable = () => new Problem(400, "bad-request", "Bad request", "the request cannot be read");

/** The change may have been written before the connection broke; with the same key it is safe to repeat. */
function databaseGone(cause: unknown): Problem {
  const detail = "the database does not answer; repeat a change with the same idempotency key";
  return new Problem(503, "database-gone", "Service unavailable", detail, { headers: { "Retry-After": "5" }, cause });
}
