/** The routes as an OpenAPI 3.1 document. Pure. */

import { defined } from "../../base/defined.js";
import { VERSION } from "../../base/version.js";
import type { Route } from "./route.js";
import { ProblemDocument } from "./schemas.js";

export function openApiDocument(name: string, routes: readonly Route[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:([a-z_]+)/g, "{$1}");
    const item = paths[path] ?? {};
    item[route.method.toLowerCase()] = operation(route);
    paths[path] = item;
  }
  return {
    openapi: "3.1.0",
    info: { title: `Sallyport gateway ${name}`, version: VERSION },
    paths,
    components: {
      schemas: { Problem: ProblemDocument },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        vlab: { type: "apiKey", in: "header", name: "X-Auth" },
      },
    },
  };
}

function operation(route: Route): Record<string, unknown> {
  const { method, path, summary, access, query, body, responses } = route;
  const pathParameters = [...path.matchAll(/:([a-z_]+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const queryParameters = Object.entries(query?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema,
  }));
  const key = { name: "Idempotency-Key", in: "header", required: false, schema: { type: "string" } };
  const problem = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  const answers = Object.entries(responses).map(([status, { description, schema }]) => {
    const content = Number(status) >= 400 ? problem : schema && { "application/json": { schema } };
    return [status, defined({ description, content })] as const;
  });
  const denied =
    access === "anyone"
      ? {}
      : { 401: { description: "No token, or not one that is taken." }, 403: { description: `It lacks a scope.` } };
  return defined({
    operationId: `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+(.)?/g, (_all, next?: string) => next?.toUpperCase() ?? "")}`,
    summary,
    security: access === "anyone" ? [] : [{ bearer: [] }, { vlab: [] }, ...(access === "maybe" ? [{}] : [])],
    parameters: [...pathParameters, ...queryParameters, ...(method === "POST" ? [key] : [])],
    requestBody: body === undefined ? undefined : { required: true, content: { "application/json": { schema: body } } },
    responses: { ...Object.fromEntries(answers), ...denied },
  });
}
