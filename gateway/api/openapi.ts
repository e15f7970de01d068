/** The OpenAPI 3.1 document of the gateway's routes. Pure. */

import { VERSION } from "../../base/version.js";
import { openApiDocument } from "../../http/routes/openapi.js";
import { type Access, type ApiRoute, COMPONENT_SCHEMAS } from "./route.js";

const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
  vlab: { type: "apiKey", in: "header", name: "X-Auth" },
};

export function gatewayDocument(name: string, routes: readonly ApiRoute[]): Readonly<Record<string, unknown>> {
  return openApiDocument(routes, {
    title: `Sallyport gateway ${name}`,
    version: VERSION,
    components: { schemas: COMPONENT_SCHEMAS, securitySchemes: SECURITY_SCHEMES },
    operation: ({ responses, ...operation }, { access }) => ({
      ...operation,
      security: securityOf(access),
      responses: { ...responses, ...refusalsOf(access) },
    }),
  });
}

function securityOf(access: Access): readonly object[] {
  if (access === "anyone") return [];
  return [{ bearer: [] }, { vlab: [] }, ...(access === "maybe" ? [{}] : [])];
}

function refusalsOf(access: Access): Readonly<Record<number, { readonly description: string }>> {
  if (access === "anyone") return {};
  return { 401: { description: "The token is missing or invalid." }, 403: { description: "The token lacks a scope." } };
}
