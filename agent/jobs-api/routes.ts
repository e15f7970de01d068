/** `/v1/jobs…` and `/v1/accelerators`. */
import { Type } from "@sinclair/typebox";
import { defined } from "../../base/defined.js";
import type { RouteHandler, RouteParams } from "../../http/routes/route.js";
import type { Devices } from "../devices/find-devices.js";
import { Digests } from "../files/digests.js";
import { BYTES, RangeHeader } from "../files/routes.js";
import type { HostFiles } from "../jobs/host-files.js";
import type { Job, JobEngine } from "../jobs/types.js";
import type { AgentRoute } from "../route.js";
import { sendEvents } from "./events.js";
import { IdempotencyKeys } from "./idempotency.js";
import { sendList } from "./list.js";
import { sendOutput } from "./output.js";
import { noJob } from "./problems.js";
import { documentOf } from "./represent.js";
import {
  type AcceleratorsDocument,
  AcceleratorsSchema,
  JobListSchema,
  JobSchema,
  ListQuery,
  SubmissionHeaders,
  SubmissionQuery,
  SubmissionSchema,
} from "./schemas.js";
import { submitJob } from "./submit.js";

export interface JobsApiOptions {
  readonly engine: JobEngine;
  readonly files: Pick<HostFiles, "checkInput" | "checkOutput">;
  readonly maxUploadBytes: number;
  /** Devices of the machine, as their own tools list them. */
  readonly devices: () => Promise<Devices>;
}

const NO_CACHE = { "Cache-Control": "no-cache" };
const JOBS = "/v1/jobs";
const JOB = "/v1/jobs/{id}";

export function jobRoutes(options: JobsApiOptions): AgentRoute[] {
  const { engine } = options;
  const keys = new IdempotencyKeys(engine);
  const digests = new Digests();
  const found = (job: Job | undefined): Job => {
    if (job === undefined) throw noJob();
    return job;
  };

  const remove: RouteHandler = async ({ exchange, params }) => {
    if (!(await engine.remove(idOf(params)))) throw noJob();
    exchange.answer(204, {});
  };
  const cancel: RouteHandler = async ({ exchange, params }) =>
    exchange.json(200, documentOf(found(await engine.cancel(idOf(params)))), NO_CACHE);

  const ofJob = { access: "token", params: { id: Type.String({ description: "Id of the job." }) } } as const;
  return [
    {
      method: "GET",
      path: "/v1/accelerators",
      access: "token",
      isUse: false,
      summary: "The accelerators and devices",
      responses: { 200: { description: "Configured accelerators, and devices found.", schema: AcceleratorsSchema } },
      handle: async ({ exchange }) => exchange.json(200, await describe(options), NO_CACHE),
    },
    {
      method: "GET",
      path: JOBS,
      access: "token",
      summary: "The jobs, newest first",
      query: ListQuery,
      responses: { 200: { description: "A page; the Link header leads to the next.", schema: JobListSchema } },
      handle: ({ exchange, target }) => sendList(exchange, engine, target.query),
    },
    {
      method: "POST",
      path: JOBS,
      access: "token",
      summary: "Submit a job",
      query: SubmissionQuery,
      headers: SubmissionHeaders,
      body: {
        description: "A document, or the input itself.",
        content: { "application/json": SubmissionSchema, ...BYTES },
      },
      responses: {
        200: { description: "It was submitted before, under this key.", schema: JobSchema },
        201: { description: "It waits for its turn.", schema: JobSchema },
      },
      handle: ({ exchange, target }) => submitJob(exchange, target.query, { ...options, keys }),
    },
    {
      ...ofJob,
      method: "GET",
      path: JOB,
      summary: "A job",
      responses: { 200: { description: "Its present state.", schema: JobSchema } },
      handle: ({ exchange, params }) => exchange.json(200, documentOf(found(engine.get(idOf(params)))), NO_CACHE),
    },
    {
      ...ofJob,
      method: "DELETE",
      path: JOB,
      summary: "Cancel a job and forget it",
      responses: { 204: { description: "Nothing of it is left." } },
      handle: remove,
    },
    {
      ...ofJob,
      method: "POST",
      path: `${JOB}/cancel`,
      summary: "End a job",
      responses: { 200: { description: "It has ended, by this request or before.", schema: JobSchema } },
      handle: cancel,
    },
    {
      ...ofJob,
      method: "GET",
      path: `${JOB}/output`,
      summary: "The output of a job that is done",
      headers: RangeHeader,
      responses: {
        200: { description: "All of it.", content: BYTES },
        206: { description: "The part in the Range header.", content: BYTES },
        304: { description: "The client's copy is current." },
      },
      handle: ({ exchange, params }) => sendOutput(exchange, engine, idOf(params), digests),
    },
    {
      ...ofJob,
      method: "GET",
      head: false,
      path: `${JOB}/events`,
      // A stream is only watched; the job itself keeps the host awake.
      isUse: false,
      summary: "The states of a job as they come, until it has ended",
      headers: Type.Object({
        "Last-Event-ID": Type.Optional(Type.String({ description: "Number after which the events continue." })),
      }),
      responses: {
        200: {
          description: 'Events named "state", each with the job as JSON.',
          content: { "text/event-stream": Type.String() },
        },
      },
      handle: ({ exchange, params }) => sendEvents(exchange, engine, idOf(params)),
    },
  ];
}

const idOf = ({ id = "" }: RouteParams) => id;

async function describe({ engine, devices }: JobsApiOptions): Promise<AcceleratorsDocument> {
  const found = await devices();
  return defined<AcceleratorsDocument>({
    default: engine.defaultAccelerator,
    accelerators: engine.accelerators().map(({ timeoutSeconds, name, kind, concurrency, running, queued }) => ({
      name,
      kind,
      concurrency,
      timeout_seconds: timeoutSeconds,
      running,
      queued,
    })),
    devices: [...found.devices],
    device_errors: [...found.errors],
  });
}
