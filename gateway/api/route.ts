/** One route of the gateway: a row of the route table, with the gateway's access rules and handlers. */
import type { IncomingHttpHeaders } from "node:http";
import { type TObject, type TSchema, Type } from "@sinclair/typebox";
import { defined } from "../../base/defined.js";
import type { Method, QueryOf, Route, RouteParams, RouteResponse } from "../../http/routes/route.js";
import type { Headers } from "../../http/server/exchange.js";
import type { Caller, Scope } from "../auth/caller.js";
import { ProblemDocument } from "./schemas.js";

export interface ApiCall<Query = unknown> {
  readonly caller: Caller;
  /** Address that the request came from. */
  readonly client: string;
  readonly params: RouteParams;
  /** The query by the route's schema. */
  readonly query: Query;
  /** The query as it was sent. */
  readonly search: URLSearchParams;
  /** The body as it was sent; empty without one. */
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

export type ApiResponse =
  | { readonly status: number; readonly headers?: Headers; readonly json: unknown }
  | { readonly status: number; readonly headers?: Headers; readonly text: string };

/** A scope; "token" for any valid token; "maybe" for an optional token; "anyone" for no authentication. */
export type Access = Scope | "token" | "maybe" | "anyone";

export type ApiRoute = Route<Access, (call: ApiCall<never>) => Promise<ApiResponse>>;

export interface ApiRouteOptions<Query extends TObject> {
  readonly method: Exclude<Method, "PUT">;
  /** `/v1/forwards/{conn_port}` */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly query?: Query;
  /** Schema of a JSON body. */
  readonly body?: TSchema;
  /** By status. Without a schema, an error status is a problem. */
  readonly responses: Readonly<Record<number, { readonly description: string; readonly schema?: TSchema }>>;
  handle(call: ApiCall<QueryOf<Query>>): Promise<ApiResponse>;
}

/** The caller on routes that need no authentication. */
export const ANONYMOUS: Caller = { name: "anonymous", scopes: [], expiresAt: 0 };

const IdempotencyKey = Type.Object({ "Idempotency-Key": Type.Optional(Type.String()) });

/** Completes a route: its operation id, its metrics label, its header parameters, and the bodies of its errors. */
export function apiRoute<Query extends TObject = TObject>(options: ApiRouteOptions<Query>): ApiRoute {
  const { method, path, summary, access, query, body, responses, handle } = options;
  return defined<ApiRoute>({
    method,
    path,
    metric: path.replace(/\{(\w+)\}/g, ":$1"),
    summary,
    access,
    query,
    headers: method === "POST" ? IdempotencyKey : undefined,
    body: body === undefined ? undefined : { content: { "application/json": body } },
    responses: Object.fromEntries(Object.entries(responses).map(([status, each]) => [status, complete(status, each)])),
    handle,
  });
}

function complete(status: string, response: RouteResponse): RouteResponse {
  if (Number(status) < 400 || response.schema !== undefined) return response;
  return { ...response, content: { "application/problem+json": Type.Unsafe(ProblemRef) } };
}

const ProblemRef = { $ref: "#/components/schemas/Problem" };

/** The schemas that routes refer to by name. */
export const COMPONENT_SCHEMAS = { Problem: ProblemDocument };
