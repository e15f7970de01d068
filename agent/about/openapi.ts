/** The OpenAPI 3.1 document of the agent's routes. */
import { type Operation, openApiDocument, schemaRef } from "../../http/routes/openapi.js";
import type { AgentRoute } from "../route.js";
import { ProblemSchema } from "./schemas.js";

export interface AgentDocumentOptions {
  readonly version: string;
  readonly auth: "token" | "none";
}

const REFUSED = {
  description: "The request was refused, or it failed.",
  content: { "application/problem+json": { schema: schemaRef("Problem") } },
};

const BASIC = { type: "http", scheme: "basic", description: "The password is the token." };

export function agentDocument(routes: readonly AgentRoute[], { version, auth }: AgentDocumentOptions): object {
  const operation = ({ responses, ...plain }: Operation, { access }: AgentRoute): Operation => ({
    ...plain,
    ...securityOf(access, auth),
    responses: { ...responses, "4XX": REFUSED, default: REFUSED },
  });
  return openApiDocument(routes, {
    title: "Sallyport agent",
    version,
    head: true,
    document: { security: auth === "token" ? [{ token: [] }] : [] },
    components: {
      schemas: { Problem: ProblemSchema },
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        ...(routes.some(({ access }) => access === "token or basic") ? { basic: BASIC } : {}),
      },
    },
    operation,
  });
}

/** Only what differs from the whole document. */
function securityOf(access: AgentRoute["access"], auth: AgentDocumentOptions["auth"]): object {
  if (access === "anyone") return { security: [] };
  return access === "token or basic" && auth === "token" ? { security: [{ token: [] }, { basic: [] }] } : {};
}
