/** One thing that can be asked of the gateway: how it is asked, by whom, what it answers, and how. */
import type { IncomingHttpHeaders } from "node:http";
import type { TObject, TSchema } from "@sinclair/typebox";
import type { Headers } from "../../http/server/exchange.js";
import type { Caller, Scope } from "../auth/caller.js";

export interface Call {
  readonly caller: Caller;
  /** ApiServices of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** As it was sent; empty where there is none. */
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

export type Answer =
  | { readonly status: number; readonly headers?: Headers; readonly json: unknown }
  | { readonly status: number; readonly headers?: Headers; readonly text: string };

/** A scope; or any token; or nobody in particular, who may show a token ("maybe") or is not asked ("anyone"). */
export type Access = Scope | "token" | "maybe" | "anyone";

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** `/v1/forwards/:conn_port` */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly query?: TObject;
  readonly body?: TSchema;
  /** By status. */
  readonly responses: Readonly<Record<number, { readonly description: string; readonly schema?: TSchema }>>;
  handle(call: Call): Promise<Answer>;
}

/** Who asks where nobody is asked. */
export const NOBODY: Caller = { name: "anonymous", scopes: [], expiresAt: 0 };

/** The route of a path, for what is counted by it; few names, whatever is asked for. */
export function routeNames(routes: readonly Route[]): (path: string) => string {
  const known = [...new Set(routes.map(({ path }) => path))].map((path) => [path, pathPattern(path)] as const);
  return (path) => known.find(([, pattern]) => pattern.test(path))?.[0] ?? "other";
}

/** The methods that a path has; none where it is unknown. */
export function methodsOf(routes: readonly Route[], path: string): string[] {
  const found = routes.filter((route) => pathPattern(route.path).test(path)).map(({ method }) => method);
  return found.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
}

function pathPattern(path: string): RegExp {
  const services = path.split("/").map((part) => (part.startsWith(":") ? "[^/]+" : part.replaceAll(".", "\\.")));
  return new RegExp(`^${services.join("/")}/?$`);
}
