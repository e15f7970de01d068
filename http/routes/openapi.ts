/** The OpenAPI 3.1 document of a route table. TypeBox schemas are JSON Schema as they are. Pure. */
import type { TObject, TSchema } from "@sinclair/typebox";
import { defined } from "../../base/defined.js";
import { pathParameters } from "./path-template.js";
import type { Content, RequestBody, Route, RouteResponse } from "./route.js";

type Json = Readonly<Record<string, unknown>>;
export type Operation = Json & { readonly responses: Json };

export interface OpenApiOptions<R extends Route> {
  readonly title: string;
  readonly version: string;
  /** More members of the document: `security`, `servers`, … */
  readonly document?: Json;
  readonly components?: Json;
  /** Whether a GET route that also answers HEAD has an operation for it. @default false */
  readonly head?: boolean;
  /** Adds what the daemon's routes have in common: security, responses of refusals, parameters. @default nothing */
  operation?(operation: Operation, route: R): Operation;
}

export function openApiDocument<R extends Route>(routes: readonly R[], options: OpenApiOptions<R>): Json {
  const { title, version, document, components, head = false, operation = (plain) => plain } = options;
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = documentedPath(route.path);
    const item = paths[path] ?? {};
    paths[path] = item;
    const described = operation(operationOf(route), route);
    item[route.method.toLowerCase()] = described;
    if (head && route.method === "GET" && route.head !== false) item.head = headOf(described, path);
  }
  const info = { title, version, license: { name: "Apache License 2.0", identifier: "Apache-2.0" } };
  // The host that the document came from.
  const servers = [{ url: "/" }];
  return { openapi: "3.1.0", info, servers, ...document, paths, ...defined({ components }) };
}

/** A reference to a schema in `components`. */
export function schemaRef(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function documentedPath(path: string): string {
  return path.replace("...}", "}");
}

/** `getV1JobsId`: generators of clients name a function by it. */
function idOf(method: string, path: string): string {
  const words = path.match(/[A-Za-z0-9]+/g) ?? ["root"];
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function operationOf(route: Route): Operation {
  const { method, path, params = {}, query, headers, body, summary, description, responses } = route;
  const { operationId = idOf(method, documentedPath(path)) } = route;
  const parameters = [
    ...pathParameters(path).map(({ name }) => parameter("path", name, params[name] ?? STRING, true)),
    ...parametersOf("query", query),
    ...parametersOf("header", headers),
  ];
  return {
    ...defined({
      operationId,
      summary,
      description,
      parameters: parameters.length === 0 ? undefined : parameters,
      requestBody: body === undefined ? undefined : requestBody(body),
    }),
    responses: Object.fromEntries(Object.entries(responses).map(([status, each]) => [status, responseOf(each)])),
  };
}

/** The same without bodies: a client sees the status and the header. */
function headOf({ summary, responses, ...get }: Operation, path: string): Operation {
  const bodiless = Object.entries(responses).map(([status, response]) => {
    const { content: _, ...rest } = response as Json;
    return [status, rest];
  });
  return {
    ...defined({ summary: summary === undefined ? undefined : `${summary} (only its header)` }),
    ...get,
    operationId: idOf("head", path),
    responses: Object.fromEntries(bodiless),
  };
}

const STRING = { type: "string" };

function parametersOf(place: "query" | "header", schema: TObject | undefined): Json[] {
  const required: readonly string[] = schema?.required ?? [];
  return Object.entries(schema?.properties ?? {}).map(([name, each]) =>
    parameter(place, name, each, required.includes(name)),
  );
}

/** A schema's description becomes the parameter's, where readers look for it. */
function parameter(place: string, name: string, schema: TSchema | Json, required: boolean): Json {
  const { description, ...rest } = schema as Json;
  return defined({ name, in: place, required: required || undefined, description, schema: rest });
}

function requestBody({ description, required = true, content }: RequestBody): Json {
  return defined({ description, required: required || undefined, content: contentOf(content) });
}

function responseOf({ description, schema, content }: RouteResponse): Json {
  const all = { ...(schema === undefined ? {} : { "application/json": schema }), ...content };
  return defined({ description, content: Object.keys(all).length === 0 ? undefined : contentOf(all) });
}

function contentOf(content: Content): Json {
  return Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));
}
