/** Every request: whose it is, which route it is for, and its answer in the form that the route speaks. */
import type { IncomingMessage } from "node:http";
import { type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { defined } from "../../base/defined.js";
import { Problem } from "../../http/problem.js";
import { internal, malformedTarget, methodNotAllowed, notFound } from "../../http/problems.js";
import type { Exchange, Headers } from "../../http/server/exchange.js";
import type { Handle } from "../../http/server/listener.js";
import { parseTarget } from "../../http/server/target.js";
import { type Authenticate, tokenIn } from "../auth/authenticate.js";
import { type Caller, may } from "../auth/caller.js";
import { clientAddress } from "../auth/client-address.js";
import { noAccess } from "../auth/problems.js";
import { isDatabaseGone } from "../store/errors.js";
import { envelopeProblem, helpLink, VLAB_PREFIX } from "./envelope.js";
import { type Access, type Answer, methodsOf, NOBODY, type Route } from "./route.js";

/** Documents that anybody may have: the page and what it is made of. */
export interface Asset {
  readonly headers: Headers;
  readonly body: string | Buffer;
}

export interface AppOptions {
  readonly routes: readonly Route[];
  readonly authenticate: Authenticate;
  /** CIDRs of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly helpBase: string;
  /** By path. */
  readonly assets?: ReadonlyMap<string, Asset>;
}

interface Context {
  readonly exchange: Exchange;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly client: string;
  caller: Caller;
}

/** The largest body is a forward with 64 sources. */
const BODY_BYTES = 64 * 1024;
const LONGEST_DETAIL = 256;

export async function createApp(options: AppOptions): Promise<Handle> {
  const { routes, authenticate, trustedProxies, helpBase, assets } = options;
  const contexts = new WeakMap<IncomingMessage, Context>();
  const contextOf = (request: FastifyRequest) => contexts.get(request.raw) as Context;

  const refuse = ({ exchange, path, query }: Context, problem: Problem) => {
    if (!path.startsWith(VLAB_PREFIX)) return exchange.problem(problem);
    exchange.verdict = problem.verdict;
    exchange.cause = problem.cause;
    const { status, headers, body } = envelopeProblem(problem, query, helpLink(helpBase, path));
    exchange.json(status, body, headers);
  };

  const admit = async (context: Context, access: Access) => {
    const { exchange, client } = context;
    const { headers } = exchange.req;
    const isAsked = access !== "anyone" && (access !== "maybe" || tokenIn(headers) !== undefined);
    if (isAsked) {
      context.caller = await authenticate(headers, client);
      exchange.who = context.caller.name;
      const isScope = access !== "token" && access !== "maybe";
      if (isScope && !may(context.caller, access)) throw noAccess(context.caller.name);
    }
  };

  const app = fastify({
    logger: false,
    forceCloseConnections: false,
    bodyLimit: BODY_BYTES,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (_error, request, reply) => {
      reply.hijack();
      refuse(contextOf(request), malformedTarget());
    },
  });
  // Each route reads its body itself, and says in its own words what is wrong with it.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));

  for (const route of routes) {
    const schemas = Object.entries(route.responses).filter(([, { schema }]) => schema !== undefined);
    const response = Object.fromEntries(schemas.map(([status, { schema }]) => [status, schema]));
    app.route({
      method: route.method,
      url: route.path,
      schema: route.path.startsWith(VLAB_PREFIX) ? {} : { response },
      // Before the body is read: a stranger's is not.
      onRequest: async (request) => {
        const context = contextOf(request);
        await admit(context, route.access);
        context.exchange.acceptBody();
      },
      handler: async (request, reply) => {
        const { exchange, caller, query } = contextOf(request);
        const params = request.params as Readonly<Record<string, string>>;
        const body = typeof request.body === "string" ? request.body : "";
        exchange.received = Buffer.byteLength(body);
        const answer = await route.handle({ caller, params, query, body, headers: request.headers });
        send(exchange, reply, answer);
      },
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const context = contextOf(request);
    // A stranger does not learn which paths there are.
    await admit(context, "token");
    const allowed = methodsOf(routes, context.path);
    reply.hijack();
    refuse(context, allowed.length === 0 ? notFound() : methodNotAllowed(allowed.join(", ")));
  });
  app.setErrorHandler((error, request, reply) => {
    reply.hijack();
    refuse(contextOf(request), toProblem(error));
  });
  await app.ready();

  return async (exchange) => {
    const { req, res } = exchange;
    const target = parseTarget(req.url);
    if (target === undefined) throw malformedTarget();
    const { path } = target;
    const client = clientAddress(exchange.remote, forwardedFor(req), trustedProxies);
    exchange.details = details(req, client === exchange.remote ? undefined : client);
    const asset = exchange.method === "GET" || exchange.method === "HEAD" ? assets?.get(path) : undefined;
    if (asset !== undefined) return exchange.answer(200, asset.headers, asset.body);
    contexts.set(req, { exchange, path, query: new URLSearchParams(target.query), client, caller: NOBODY });
    req.url = path;
    app.routing(req, res);
  };
}

function send(exchange: Exchange, reply: FastifyReply, answer: Answer): void {
  const headers = { "Cache-Control": "no-store", ...answer.headers };
  // By the schema of the route: what it does not name does not leave.
  const text = "text" in answer ? undefined : reply.code(answer.status).serialize(answer.json);
  reply.hijack();
  if ("text" in answer) exchange.answer(answer.status, headers, answer.status === 204 ? undefined : answer.text);
  else exchange.answer(answer.status, { "Content-Type": "application/json", ...headers }, String(text));
}

/** What vLab's log had beside the rest (V-02); a client's own words, cut short. */
function details(req: IncomingMessage, client: string | undefined) {
  const { referer, "user-agent": agent } = req.headers;
  return defined({
    protocol: `HTTP/${req.httpVersion}`,
    client,
    referrer: referer === undefined ? undefined : withoutQuery(referer).slice(0, LONGEST_DETAIL),
    agent: agent === undefined ? undefined : agent.slice(0, LONGEST_DETAIL),
  });
}

/** A query may hold what nobody should read in a log. */
const withoutQuery = (url: string) => url.split(/[?#]/, 1)[0] ?? "";

function forwardedFor({ headers }: IncomingMessage): string | undefined {
  const value = headers["x-forwarded-for"];
  return Array.isArray(value) ? value.join(",") : value;
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const status = typeof error === "object" && error !== null && "statusCode" in error ? error.statusCode : 500;
  if (status === 413) {
    return new Problem(413, "too-large", "Content too large", `a body has at most ${BODY_BYTES} bytes`);
  }
  if (typeof status === "number" && status >= 400 && status < 500) {
    return new Problem(400, "bad-request", "Bad request", "the request cannot be read");
  }
  if (isDatabaseGone(error)) return databaseGone(error);
  return internal(error);
}

/** Whether a change was written before the connection broke, nobody knows: with the same key it is safe to repeat. */
function databaseGone(cause: unknown): Problem {
  const detail = "the database does not answer; repeat a change with the same idempotency key";
  return new Problem(503, "database-gone", "Service unavailable", detail, { headers: { "Retry-After": "5" }, cause });
}
