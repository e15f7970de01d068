/**
 * A route is one value: method, path, access rule, schemas, documentation and handler. A daemon lists its routes
 * once; dispatch, `Allow`, metrics labels, access checks, validation and the OpenAPI document come from that list.
 */
import type { Static, TObject, TSchema } from "@sinclair/typebox";
import type { Exchange } from "../server/exchange.js";
import type { RequestTarget } from "../server/target.js";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Schemas by media type. */
export type Content = Readonly<Record<string, TSchema>>;

export interface RequestBody {
  readonly description?: string;
  /** @default true */
  readonly required?: boolean;
  readonly content: Content;
}

export interface RouteResponse {
  readonly description: string;
  /** Of a JSON body. */
  readonly schema?: TSchema;
  /** Bodies of other media types. */
  readonly content?: Content;
}

/**
 * @typeParam Access what the daemon's `admit` understands: a scope, a role, "anyone".
 * @typeParam Handle the daemon's own shape of handlers; see {@link RouteHandler} for the plain one.
 */
export interface Route<Access = unknown, Handle = unknown> {
  readonly method: Method;
  /**
   * `/v1/jobs/{id}`: one segment, decoded. `/v1/files/{path...}`: the rest of the path, as it was sent. A segment
   * is a parameter as a whole or not at all.
   */
  readonly path: string;
  /** Other spellings of `path`, with the same parameters; not documented. */
  readonly aliases?: readonly string[];
  /** Whether a GET route also answers HEAD. @default true */
  readonly head?: boolean;
  /** Whether web pages of other sites are refused. @default false for GET, true for every other method */
  readonly changesState?: boolean;
  /** Label of the path in metrics. @default the path as OpenAPI writes it */
  readonly metric?: string;
  readonly access: Access;
  /**
   * Schemas of the parameters in `path`. A `pattern` restricts what the route matches, and an integer matches up to
   * 15 digits: any other segment is an unknown path, whatever the method.
   */
  readonly params?: Readonly<Record<string, TSchema>>;
  readonly query?: TObject;
  readonly headers?: TObject;
  readonly body?: RequestBody;
  readonly summary?: string;
  readonly description?: string;
  readonly operationId?: string;
  /** By status. */
  readonly responses: Readonly<Record<number, RouteResponse>>;
  readonly handle: Handle;
}

/** One request on its way to the handler of `route`. */
export interface RouteCall<Admitted = unknown, R extends Route = Route> {
  readonly exchange: Exchange;
  readonly target: RequestTarget;
  readonly route: R;
  readonly params: RouteParams;
  /** What the daemon's `admit` returned: usually the caller. */
  readonly admitted: Admitted;
}

export type RouteParams = Readonly<Record<string, string>>;

/** Answers the exchange itself. */
export type RouteHandler<Admitted = unknown> = (call: RouteCall<Admitted>) => void | Promise<void>;

/** The values of a query that `Query` describes: all optional ones may be missing. */
export type QueryOf<Query extends TObject> = Static<Query>;
