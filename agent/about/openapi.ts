/** The agent's interface as an OpenAPI 3.1 document. TypeBox schemas are JSON Schema as they are. */
import { type TSchema, Type } from "@sinclair/typebox";
import { defined } from "../../base/defined.js";
import { Addresses, Directories, Health, Host, IdleTime } from "../api.js";
import { schemaDocument } from "../apyfal/schema.js";
import {
  AcceleratorsSchema,
  JobListSchema,
  JobSchema,
  PhaseSchema,
  StateSchema,
  SubmissionSchema,
} from "../jobs-api/schemas.js";

export interface OpenApiOptions {
  readonly version: string;
  readonly auth: "token" | "none";
  readonly servesAddresses: boolean;
  /** Whether it has accelerators: without, Apyfal's protocol is not spoken. */
  readonly speaksApyfal: boolean;
}

type Json = Readonly<Record<string, unknown>>;

const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String()),
    instance: Type.String({ description: "The request, by the id that the log has it under." }),
  },
  { description: "RFC 9457." },
);
const ListingSchema = Type.Object({
  path: Type.String(),
  entries: Type.Array(
    Type.Object({ name: Type.String(), type: Type.String(), size: Type.Integer(), modified: Type.String() }),
  ),
});
const VersionSchema = Type.Object({ name: Type.String(), version: Type.String(), node: Type.String() });
const StatusSchema = Type.Object({ status: Type.String() });
const BYTES = { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
const json = (schema: TSchema) => ({ "application/json": { schema } });
const ok = (description: string, content?: Json) => defined({ description, content });
const problems = {
  default: ok("It was refused, or it failed.", { "application/problem+json": { schema: ref("Problem") } }),
};
const path = (name: string, description: string) => ({
  name,
  in: "path",
  required: true,
  description,
  schema: { type: "string" },
});
const query = (name: string, schema: TSchema | Json, description: string) => ({
  name,
  in: "query",
  description,
  schema,
});
const header = (name: string, description: string) => ({ name, in: "header", description, schema: { type: "string" } });
const JOB_ID = path("id", "Of the job.");
const FILE = path("path", "DIR/PATH, where DIR is the name of an authorized directory; its slashes stay.");
const KEY = header("Idempotency-Key", "The same key with the same request is the same job.");
const RANGE = header("Range", "One range of bytes; several are answered with the whole.");
const DIGEST = header("Content-Digest", "sha-256=:BASE64: (RFC 9530); the agent refuses other content.");

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly Json[];
  readonly requestBody?: Json;
  readonly responses: Json;
  readonly security?: readonly [];
}

function operation(summary: string, responses: Json, more: Omit<Operation, "summary" | "responses"> = {}): Operation {
  return { summary, ...more, responses: { ...responses, ...problems } };
}

/** GET, and HEAD with the same header. */
function readable(get: Operation): { get: Operation; head: Operation } {
  const responses = Object.fromEntries(
    Object.entries(get.responses).map(([status, response]) => [
      status,
      { description: (response as { description: string }).description },
    ]),
  );
  return { get, head: { ...get, summary: `${get.summary} (only its header)`, responses } };
}

/** As its own document at `/v1.0/schema/` has it; there, a path without its last slash is the same. */
function apyfalPaths(): Record<string, Readonly<Record<string, Operation | Json>>> {
  const described: Readonly<Record<string, Readonly<Record<string, Json>>>> = schemaDocument("").paths;
  const withHead = Object.entries(described).map(([path, methods]) => {
    // Apyfal stops with a GET; a HEAD must not.
    if (methods.get === undefined || path === "/v1.0/stop/") return [path, methods] as const;
    const { operationId: _, ...head } = methods.get;
    return [path, { ...methods, head }] as const;
  });
  const result = operation(
    "What came out of a process",
    { 200: ok("All of it.", BYTES) },
    { parameters: [path("id", "Of the process.")] },
  );
  return {
    ...Object.fromEntries(withHead),
    "/v1.0/process/{id}/datafileresult": readable(result),
    "/": readable(operation("A sign of life", { 200: ok("Where to go on.", json(Type.Object({}))) })),
  };
}

export function openApiDocument(options: OpenApiOptions): Json {
  const { version, auth, servesAddresses, speaksApyfal } = options;
  const open = { security: [] as const };
  const paths: Record<string, Readonly<Record<string, Operation | Json>>> = {
    "/healthz": readable(operation("Is the agent alive?", { 200: ok("Yes.", json(Health)) }, open)),
    "/readyz": readable(
      operation(
        "Does it take work?",
        { 200: ok("Yes.", json(StatusSchema)), 503: ok("Not now.", json(StatusSchema)) },
        open,
      ),
    ),
    "/version": readable(operation("Which agent this is", { 200: ok("Its version.", json(VersionSchema)) })),
    "/metrics": readable(
      operation("Metrics", { 200: ok("For Prometheus.", { "text/plain": { schema: { type: "string" } } }) }),
    ),
    "/openapi.json": readable(
      operation("This document", { 200: ok("OpenAPI 3.1.", { "application/json": { schema: { type: "object" } } }) }),
    ),
    "/v1/host": readable(operation("The host", { 200: ok("Name, SSH host keys, directories.", json(Host)) })),
    "/v1/idle": readable(
      operation("How long it has been idle", { 200: ok("And what keeps it busy.", json(IdleTime)) }),
    ),
    "/v1/files": readable(operation("The authorized directories", { 200: ok("All of them.", json(Directories)) })),
    "/v1/files/{path}": {
      ...readable(
        operation(
          "A file, or the list of a directory",
          {
            200: ok("All of it.", { ...BYTES, ...json(ListingSchema) }),
            206: ok("The part that was asked for.", BYTES),
            304: ok("It is as the client has it."),
          },
          { parameters: [FILE, RANGE] },
        ),
      ),
      put: operation(
        "Send a file",
        { 201: ok("It is new."), 204: ok("It replaced another.") },
        { parameters: [FILE, DIGEST], requestBody: { required: true, content: BYTES } },
      ),
      delete: operation("Remove a file or an empty directory", { 204: ok("It is gone.") }, { parameters: [FILE] }),
    },
    "/v1/accelerators": readable(
      operation("The accelerators and devices", {
        200: ok("What is configured, and what is there.", json(AcceleratorsSchema)),
      }),
    ),
    "/v1/jobs": {
      ...readable(
        operation(
          "The jobs, newest first",
          { 200: ok("A page; the Link header leads to the next.", json(JobListSchema)) },
          {
            parameters: [
              query("accelerator", Type.String(), "Only its jobs."),
              query("state", StateSchema, "Only these."),
              query("key", Type.String(), "Only the job of this Idempotency-Key."),
              query("limit", Type.Integer({ minimum: 1, maximum: 1000, default: 100 }), "Jobs in a page."),
              query("cursor", Type.String(), "As the page before gave it."),
            ],
          },
        ),
      ),
      post: operation(
        "Submit a job",
        {
          200: ok("It was submitted before, under this key.", json(JobSchema)),
          201: ok("It waits for its turn.", json(JobSchema)),
        },
        {
          parameters: [
            KEY,
            DIGEST,
            query("accelerator", Type.String(), "With octets: as in the document."),
            query("phase", PhaseSchema, "With octets: as in the document."),
            query("parameters", Type.String(), "With octets: JSON."),
            query("output", Type.String(), "With octets: host://DIR/PATH."),
          ],
          requestBody: {
            required: true,
            description: "A document, or the input itself.",
            content: { ...json(SubmissionSchema), ...BYTES },
          },
        },
      ),
    },
    "/v1/jobs/{id}": {
      ...readable(operation("A job", { 200: ok("As it is now.", json(JobSchema)) }, { parameters: [JOB_ID] })),
      delete: operation("Cancel a job and forget it", { 204: ok("Nothing of it is left.") }, { parameters: [JOB_ID] }),
    },
    "/v1/jobs/{id}/cancel": {
      post: operation(
        "End a job",
        { 200: ok("It has ended, by this or before.", json(JobSchema)) },
        { parameters: [JOB_ID] },
      ),
    },
    "/v1/jobs/{id}/output": readable(
      operation(
        "What a job that is done put out",
        {
          200: ok("All of it.", BYTES),
          206: ok("The part that was asked for.", BYTES),
          304: ok("As the client has it."),
        },
        { parameters: [JOB_ID, RANGE] },
      ),
    ),
    "/v1/jobs/{id}/events": {
      get: operation(
        "The states of a job as they come, until it has ended",
        {
          200: ok('Events named "state", each with the job as JSON.', {
            "text/event-stream": { schema: { type: "string" } },
          }),
        },
        { parameters: [JOB_ID, header("Last-Event-ID", "Where the numbers go on.")] },
      ),
    },
    ...defined({
      "/api/cluster/ip-addresses": servesAddresses
        ? readable(operation("From where this host is seen", { 200: ok("Its public addresses.", json(Addresses)) }))
        : undefined,
    }),
    ...(speaksApyfal ? apyfalPaths() : {}),
  };
  return {
    openapi: "3.1.0",
    info: { title: "Sallyport agent", version },
    security: auth === "token" ? [{ token: [] }] : [],
    paths,
    components: {
      schemas: { Problem: ProblemSchema },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}
