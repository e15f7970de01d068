/**
 * `POST /v1/jobs`: a document that names files of the host, or the input itself. All checks that need no input come
 * before it is accepted. A transfer that breaks leaves nothing behind.
 */
import { open } from "node:fs/promises";
import { Value } from "@sinclair/typebox/value";
import { defined } from "../../base/defined.js";
import { parseJson, readJson } from "../../http/server/body/read-json.js";
import type { Exchange } from "../../http/server/exchange.js";
import { checkUpload, compareDigests, receive } from "../files/receive.js";
import { storageProblem } from "../guard/errno-problem.js";
import { writeAll } from "../guard/write-all.js";
import type { HostFiles } from "../jobs/host-files.js";
import { noAccelerator } from "../jobs/problems.js";
import type { Draft, Job, JobEngine, JobRequest } from "../jobs/types.js";
import { parseHostUrl } from "./host-url.js";
import { type IdempotencyKeys, idempotencyKey, idempotencyOf, refuseOther } from "./idempotency.js";
import { invalid, noDefault, unsupportedType } from "./problems.js";
import { documentOf } from "./represent.js";
import { type Submission, SubmissionQuery, SubmissionSchema } from "./schemas.js";

/** Parameters are documents. Data belongs into the input. */
const MAX_JSON_BYTES = 1024 * 1024;

export interface SubmitOptions {
  readonly engine: JobEngine;
  readonly files: Pick<HostFiles, "checkInput" | "checkOutput">;
  readonly keys: IdempotencyKeys;
  readonly maxUploadBytes: number;
}

export async function submitJob(exchange: Exchange, query: string, options: SubmitOptions): Promise<void> {
  const type = (exchange.req.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  try {
    if (type === "application/json") await submitDocument(exchange, query, options);
    else if (type === "application/octet-stream") await submitInput(exchange, query, options);
    else throw unsupportedType();
  } catch (error) {
    if (!exchange.req.socket.destroyed) throw error;
    exchange.verdict = "aborted";
  }
}

async function submitDocument(exchange: Exchange, query: string, options: SubmitOptions): Promise<void> {
  if (query !== "") throw invalid("with a JSON document, the query is empty");
  const key = idempotencyKey(exchange.req.headers);
  const request = toRequest(checkShape(await readJson(exchange, MAX_JSON_BYTES)), options);
  const earlier = options.keys.find(key);
  const idempotency = key === undefined ? undefined : idempotencyOf(key, request, undefined);
  if (earlier !== undefined && idempotency !== undefined) {
    refuseOther(earlier, idempotency);
    return answer(exchange, 200, earlier);
  }
  const { engine, files } = options;
  if (request.input?.kind === "host") files.checkInput(request.input);
  const job = await options.keys.hold(key, async () => {
    const draft = request.output?.kind === "private" ? await engine.draft() : undefined;
    return engine.submit({ ...request, ...defined({ idempotency }) }, draft);
  });
  answer(exchange, 201, job);
}

async function submitInput(exchange: Exchange, query: string, options: SubmitOptions): Promise<void> {
  const { engine, keys, maxUploadBytes } = options;
  const key = idempotencyKey(exchange.req.headers);
  const expected = checkUpload(exchange.req, maxUploadBytes);
  const request: JobRequest = { ...toRequest(checkShape(parseQuery(query)), options), input: { kind: "private" } };
  const earlier = keys.find(key);
  if (key !== undefined && earlier !== undefined) {
    // Only the content shows whether this is the same request.
    const sha256 = await receive(exchange, { write: async () => undefined }, maxUploadBytes);
    compareDigests(expected, sha256);
    refuseOther(earlier, idempotencyOf(key, request, sha256));
    return answer(exchange, 200, earlier);
  }
  const job = await keys.hold(key, async () => {
    const draft = await engine.draft();
    let idempotency: JobRequest["idempotency"];
    try {
      const sha256 = await receiveInto(exchange, draft, maxUploadBytes);
      compareDigests(expected, sha256);
      idempotency = key === undefined ? undefined : idempotencyOf(key, request, sha256);
    } catch (error) {
      await draft.abort();
      throw error;
    }
    return engine.submit({ ...request, ...defined({ idempotency }) }, draft);
  });
  answer(exchange, 201, job);
}

/** On the disk when it resolves: an accepted job must not lose its input. @returns its SHA-256. */
async function receiveInto(exchange: Exchange, draft: Draft, maxBytes: number): Promise<Buffer> {
  const file = await open(draft.inputFile, "wx", 0o600).catch(refuse);
  let position = 0;
  let writing: Promise<void> = Promise.resolve();
  try {
    const write = (chunks: readonly Buffer[]) => {
      const start = position;
      for (const chunk of chunks) position += chunk.length;
      writing = writing.then(() => writeAll(file.fd, chunks, start)).catch(refuse);
      return writing;
    };
    const sha256 = await receive(exchange, { write }, maxBytes);
    await file.datasync().catch(refuse);
    return sha256;
  } finally {
    // A write in progress must not hit a descriptor that meanwhile belongs to another file.
    await writing.catch(() => undefined);
    await file.close();
  }
}

function refuse(error: unknown): never {
  throw storageProblem(error);
}

function answer(exchange: Exchange, status: 200 | 201, job: Job): void {
  exchange.json(status, documentOf(job), { Location: `/v1/jobs/${job.id}`, "Cache-Control": "no-cache" });
}

/** @throws Problem for errors that no retry would fix. */
function toRequest(submission: Submission, { engine, files }: SubmitOptions): JobRequest {
  const accelerator = submission.accelerator ?? engine.defaultAccelerator;
  if (accelerator === undefined) throw noDefault();
  if (!engine.accelerators().some(({ name }) => name === accelerator)) throw noAccelerator(accelerator);
  const { phase = "process", parameters = {}, input, output } = submission;
  const to = output === undefined ? ({ kind: "private" } as const) : parseHostUrl("output", output);
  if (to.kind === "host") files.checkOutput(to);
  return defined({
    accelerator,
    phase,
    parameters,
    input: input === undefined ? undefined : parseHostUrl("input", input),
    output: to,
  });
}

function checkShape(value: unknown): Submission {
  if (Value.Check(SubmissionSchema, value)) return value;
  const [first] = Value.Errors(SubmissionSchema, value);
  const where = first?.path === undefined || first.path === "" ? "the document" : first.path.slice(1);
  throw invalid(`${where}: ${(first?.message ?? "not as expected").toLowerCase()}`);
}

const IN_QUERY = Object.keys(SubmissionQuery.properties);

function parseQuery(query: string): Record<string, unknown> {
  const given = new URLSearchParams(query);
  const document: Record<string, unknown> = {};
  for (const name of new Set(given.keys())) {
    if (!IN_QUERY.includes(name))
      throw invalid(`the query has ${JSON.stringify(name)}, not one of ${IN_QUERY.join(", ")}`);
    const values = given.getAll(name);
    if (values.length > 1) throw invalid(`the query has "${name}" more than once`);
    document[name] = name === "parameters" ? parseJson(values[0] ?? "") : values[0];
  }
  return document;
}
