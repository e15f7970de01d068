/** The protocol as an OpenAPI document, with the types that are really served. */

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

const ID = { name: "id", in: "path", required: true, schema: { type: "integer" } };
const PAGE = { name: "page", in: "query", schema: { type: "integer", minimum: 1 } };
const ACCELERATOR = { name: "accelerator", in: "query", schema: text };

const answers = (schema: object) => ({ 200: { description: "Success", content: { "application/json": { schema } } } });
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
const form = (fields: object, required: readonly string[] = []) => ({
  content: {
    "multipart/form-data": {
      schema: { ...object, required, properties: { ...fields, datafile: { type: "string", format: "binary" } } },
    },
  },
});
const PARAMETERS = { type: "string", description: "A JSON object, laid over the defaults." };

export function schemaDocument(base: string) {
  const stop = {
    parameters: [ACCELERATOR],
    responses: answers({ ...object, properties: { app: object } }),
  };
  return {
    openapi: "3.1.0",
    info: { title: "Accelerator REST API", version: "1.0" },
    servers: [{ url: base }],
    // Either, where the agent asks for a token at all.
    security: [{}, { token: [] }, { basic: [] }],
    paths: {
      "/v1.0/configuration/": {
        get: { operationId: "configuration_list", parameters: [PAGE], responses: answers(page(CONFIGURATION)) },
        post: {
          operationId: "configuration_create",
          parameters: [ACCELERATOR],
          requestBody: form({ parameters: PARAMETERS }),
          responses: answers(CONFIGURATION),
        },
      },
      "/v1.0/configuration/{id}/": {
        get: { operationId: "configuration_read", parameters: [ID], responses: answers(CONFIGURATION) },
      },
      "/v1.0/process/": {
        get: { operationId: "process_list", parameters: [PAGE], responses: answers(page(PROCESS)) },
        post: {
          operationId: "process_create",
          requestBody: form(
            { parameters: PARAMETERS, configuration: { type: "string", description: "The id or URL of one." } },
            ["configuration"],
          ),
          responses: answers(PROCESS),
        },
      },
      "/v1.0/process/{id}/": {
        get: { operationId: "process_read", parameters: [ID], responses: answers(PROCESS) },
        delete: { operationId: "process_delete", parameters: [ID], responses: { 204: { description: "It is gone." } } },
      },
      "/v1.0/stop/": {
        get: { operationId: "stop_list", description: "Stops, though it is a GET: prefer POST.", ...stop },
        post: { operationId: "stop_create", ...stop },
      },
      "/v1.0/schema/": { get: { operationId: "schema_read", responses: answers(object) } },
    },
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        basic: { type: "http", scheme: "basic", description: "The password is the token." },
      },
    },
  };
}
