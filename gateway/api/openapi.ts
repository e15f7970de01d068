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

function refusalsOf(access: Access): Readonly<Record<string, { readonly description: string }>> {
  const any = {
    "4XX": { description: "The request was refused." },
    "5XX": { description: "The request failed; the same one may succeed later." },
  };
  if (access === "anyone") return any;
  const token = "The token is missing or invalid.";
  return { 401: { description: token }, 403: { description: "The token lacks a scope." }, ...any };
}
