/** `/v1/jobs…` and `/v1/accelerators`: which answer a request gets. */

import { defined } from "../../base/defined.js";
import { methodNotAllowed } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { RequestTarget } from "../../http/server/target.js";
import type { Devices } from "../devices/find-devices.js";
import { Digests } from "../files/digests.js";
import type { HostFiles } from "../jobs/host-files.js";
import type { JobEngine } from "../jobs/types.js";
import { sendEvents } from "./events.js";
import { IdempotencyKeys } from "./idempotency.js";
import { sendList } from "./list.js";
import { sendOutput } from "./output.js";
import { noJob } from "./problems.js";
import { documentOf } from "./represent.js";
import type { AcceleratorsDocument } from "./schemas.js";
import { submitJob } from "./submit.js";

export interface JobsApiOptions {
  readonly engine: JobEngine;
  readonly files: Pick<HostFiles, "checkInput" | "checkOutput">;
  readonly maxUploadBytes: number;
  /** What the machine has, from its own tools. */
  readonly devices: () => Promise<Devices>;
}

type Answer = (exchange: Exchange, target: RequestTarget, id: string) => void | Promise<void>;
type Method = "GET" | "HEAD" | "POST" | "DELETE";

const NO_CACHE = { "Cache-Control": "no-cache" };

/** @returns the way to answer a path, or undefined where it is not of jobs. */
export function createJobsApi(options: JobsApiOptions): (path: string) => JobsHandler | undefined {
  const { engine } = options;
  const keys = new IdempotencyKeys(engine);
  const digests = new Digests();
  const read = (answer: Answer) => ({ GET: answer, HEAD: answer });

  const accelerators: Answer = async (exchange) => exchange.json(200, await describe(options), NO_CACHE);
  const list: Answer = (exchange, { query }) => sendList(exchange, engine, query);
  const submit: Answer = (exchange, { query }) => submitJob(exchange, query, { ...options, keys });
  const show: Answer = (exchange, _target, id) => {
    const job = engine.get(id);
    if (job === undefined) throw noJob();
    exchange.json(200, documentOf(job), NO_CACHE);
  };
  const remove: Answer = async (exchange, _target, id) => {
    if (!(await engine.remove(id))) throw noJob();
    exchange.answer(204, {});
  };
  const cancel: Answer = async (exchange, _target, id) => {
    const job = await engine.cancel(id);
    if (job === undefined) throw noJob();
    exchange.json(200, documentOf(job), NO_CACHE);
  };
  const output: Answer = (exchange, _target, id) => sendOutput(exchange, engine, id, digests);
  const events: Answer = (exchange, _target, id) => sendEvents(exchange, engine, id);

  const routes: Readonly<Record<string, Partial<Record<Method, Answer>>>> = {
    "/v1/accelerators": read(accelerators),
    "/v1/jobs": { ...read(list), POST: submit },
    "/v1/jobs/{id}": { ...read(show), DELETE: remove },
    "/v1/jobs/{id}/cancel": { POST: cancel },
    "/v1/jobs/{id}/output": read(output),
    "/v1/jobs/{id}/events": { GET: events },
  };

  return (path) => {
    const found = jobRoute(path);
    if (found === undefined) return undefined;
    const methods = routes[found.template] ?? {};
    return async (exchange, target) => {
      const answer = methods[exchange.method as Method];
      if (answer === undefined) throw methodNotAllowed(Object.keys(methods).join(", "));
      await answer(exchange, target, found.id);
    };
  };
}

export type JobsHandler = (exchange: Exchange, target: RequestTarget) => Promise<void>;

/** `/v1/jobs/abc/output` → `/v1/jobs/{id}/output` and "abc". */
export function jobRoute(path: string): { template: string; id: string } | undefined {
  if (path === "/v1/accelerators" || path === "/v1/jobs") return { template: path, id: "" };
  const [, id, rest = ""] = /^\/v1\/jobs\/([^/]+)(\/cancel|\/output|\/events)?$/.exec(path) ?? [];
  return id === undefined ? undefined : { template: `/v1/jobs/{id}${rest}`, id };
}

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
