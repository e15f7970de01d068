/** The protocol's routes as OpenAPI describes them, with the types that are really served. */
import { Type } from "@sinclair/typebox";
import { openApiDocument } from "../../http/routes/openapi.js";
import type { RequestBody } from "../../http/routes/route.js";
import { UNKNOWN_ROUTE } from "../../http/routes/route-table.js";
import { BYTES } from "../files/routes.js";
import type { AgentRoute } from "../route.js";

const object = { type: "object" } as const;
const text = { type: "string" } as const;
const truth = { type: "boolean" } as const;
const orNull = (type: string) => ({ type: [type, "null"] });

const COMMON = {
  id: { type: "integer" },
  url: text,
  parameters: object,
  datafile: orNull("string"),
  created: text,
  processed: truth,
  processed_date: orNull("string"),
  inerror: truth,
  errorcode: text,
  parametersresult: object,
};
const CONFIGURATION = { ...object, properties: { ...COMMON, used: truth } };
const PROCESS = { ...object, properties: { ...COMMON, datafileresult: orNull("string"), configuration: text } };

const ACCELERATOR = Type.Object({ accelerator: Type.Optional(Type.Unsafe(text)) });
const PAGE = Type.Object({ page: Type.Optional(Type.Integer({ minimum: 1 })) });

const success = (schema: object) => ({ 200: { description: "Success", schema: Type.Unsafe(schema) } });
const page = (of: object) => ({
  ...object,
  required: ["count", "next", "previous", "results"],
  properties: {
    count: { type: "integer" },
    next: orNull("string"),
    previous: orNull("string"),
    results: { type: "array", items: of },
  },
});
const form = (fields: object, required: readonly string[] = []): RequestBody => ({
  required: false,
  content: {
    "multipart/form-data": Type.Unsafe({
      ...object,
      required,
      properties: { ...fields, datafile: { type: "string", format: "binary" } },
    }),
  },
});
const PARAMETERS = { type: "string", description: "A JSON object, laid over the defaults." };

type Described = Omit<AgentRoute, "handle">;

/** Apyfal's clients use both spellings of every path. */
function described(method: Described["method"], path: string, more: Pick<Described, "responses"> & Partial<Described>) {
  const route: Described = {
    method,
    path,
    aliases: [path.endsWith("/") ? path.slice(0, -1) : `${path}/`],
    metric: metricOf(path),
    access: "token or basic",
    params: { id: Type.Integer() },
    ...more,
  };
  return route;
}

/** `/v1.0/process` for everything about processes. */
const metricOf = (path: string) => path.split("/", 3).join("/");

/** The routes without their handlers. */
export const DESCRIBED = {
  listConfigurations: described("GET", "/v1.0/configuration/", {
    operationId: "configuration_list",
    summary: "The configurations",
    query: PAGE,
    responses: success(page(CONFIGURATION)),
  }),
  configure: described("POST", "/v1.0/configuration/", {
    operationId: "configuration_create",
    summary: "Configure an accelerator",
    query: ACCELERATOR,
    body: form({ parameters: PARAMETERS }),
    responses: success(CONFIGURATION),
  }),
  showConfiguration: described("GET", "/v1.0/configuration/{id}/", {
    operationId: "configuration_read",
    summary: "One configuration",
    responses: success(CONFIGURATION),
  }),
  listProcesses: described("GET", "/v1.0/process/", {
    operationId: "process_list",
    summary: "The processes",
    query: PAGE,
    responses: success(page(PROCESS)),
  }),
  process: described("POST", "/v1.0/process/", {
    operationId: "process_create",
    summary: "Send an input to an accelerator",
    body: form(
      { parameters: PARAMETERS, configuration: { type: "string", description: "The id or URL of a configuration." } },
      ["configuration"],
    ),
    responses: success(PROCESS),
  }),
  showProcess: described("GET", "/v1.0/process/{id}/", {
    operationId: "process_read",
    summary: "One process",
    responses: success(PROCESS),
  }),
  removeProcess: described("DELETE", "/v1.0/process/{id}/", {
    operationId: "process_delete",
    summary: "Remove a process",
    responses: { 204: { description: "It is gone." } },
  }),
  // Apyfal stops with a GET; a HEAD must not.
  stopByGet: described("GET", "/v1.0/stop/", {
    head: false,
    changesState: true,
    operationId: "stop_list",
    summary: "Stop an accelerator",
    description: "Stops, though it is a GET: prefer POST.",
    query: ACCELERATOR,
    responses: success({ ...object, properties: { app: object } }),
  }),
  stop: described("POST", "/v1.0/stop/", {
    operationId: "stop_create",
    summary: "Stop an accelerator",
    query: ACCELERATOR,
    responses: success({ ...object, properties: { app: object } }),
  }),
  schema: described("GET", "/v1.0/schema/", {
    operationId: "schema_read",
    summary: "This protocol as a document",
    responses: success(object),
  }),
  result: described("GET", "/v1.0/process/{id}/datafileresult", {
    summary: "The output of a process",
    responses: { 200: { description: "All of it.", content: BYTES } },
  }),
  alive: described("GET", "/", {
    aliases: [],
    metric: UNKNOWN_ROUTE,
    summary: "A sign of life",
    responses: { 200: { description: "Where the protocol is described.", schema: Type.Object({}) } },
  }),
} as const;

/** The OpenAPI document at `/v1.0/schema/`: the routes that have an operation in Apyfal's own. */
export function protocolDocument(routes: readonly AgentRoute[], base: string): object {
  const known = routes.filter(({ operationId }) => operationId !== undefined);
  return openApiDocument(known, {
    title: "Accelerator REST API",
    version: "1.0",
    // Either credential, where the agent requires one at all.
    document: { servers: [{ url: base }], security: [{}, { token: [] }, { basic: [] }] },
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        basic: { type: "http", scheme: "basic", description: "The password is the token." },
      },
    },
  });
}
