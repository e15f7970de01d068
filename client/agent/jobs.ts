/** The accelerators of a host and their jobs. */
import { randomUUID } from "node:crypto";
import { Readable, type Writable } from "node:stream";
import { sleep } from "../../base/async/sleep.js";
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import type { HttpResponse } from "../../http/client/http-client.js";
import * as errors from "../errors.js";
import type { Transport } from "../tls/transport.js";
import { readJson } from "./answers.js";
import { type FollowOptions, followJob } from "./follow-job.js";
import { AcceleratorsAnswer, JobAnswer, JobList, type JobSummary } from "./job-answers.js";
import { type Downloaded, download } from "./transfer/download.js";
import { getInto } from "./transfer/get-into.js";
import { type LocalFile, withFile } from "./transfer/local-file.js";
import { type ReceiveOptions, retryWait } from "./transfer/receive.js";
import { sendContent } from "./transfer/send-content.js";
import { withSpooled } from "./transfer/spool.js";

export { type FollowOptions, hasEnded } from "./follow-job.js";

interface CallOptions {
  readonly signal?: AbortSignal;
}

/** The program's input. */
export type JobInput =
  | { readonly file: string }
  | { readonly stream: Readable }
  /** `host://DIR/PATH`, percent-encoded. */
  | { readonly url: string };

export interface SubmitOptions extends CallOptions {
  /** @default - the first in the host's configuration */
  readonly accelerator?: string;
  /** @default "process" */
  readonly phase?: "start" | "process" | "stop";
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** @default - none */
  readonly input?: JobInput;
  /** `host://DIR/PATH`. @default - it stays with the job */
  readonly output?: string;
  /** Idempotency key: under the same key, the host creates the job only once. @default - a new one */
  readonly key?: string;
  /** Called with the bytes of the input that were handed to the connection. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
}

export interface JobFilter extends CallOptions {
  readonly accelerator?: string;
  readonly state?: JobSummary["state"];
  /** The key given as {@link SubmitOptions.key}. */
  readonly key?: string;
  /** @default - all of them */
  readonly limit?: number;
}

/** Maximum repetitions of a submission whose connection broke, under the same key. */
const RESUBMISSIONS = 2;
const PAGE = 1_000;
/** Request targets and headers share 16 KiB, and percent-encoding can triple a character. */
const MAX_QUERY_LENGTH = 8 * 1024;

export class Jobs {
  constructor(private readonly transport: Transport) {}

  /** The configured accelerators, how busy they are, and the devices of the machine. */
  async accelerators(options: CallOptions = {}): Promise<AcceleratorsAnswer> {
    return readJson(await this.#get("/v1/accelerators", options), AcceleratorsAnswer, this.transport.at);
  }

  /** Submits a job; resolves when the host has stored it on disk. */
  async submit(options: SubmitOptions = {}): Promise<JobAnswer> {
    const { input, signal } = options;
    const headers = { "Idempotency-Key": options.key ?? randomUUID() };
    const repeated = (send: () => Promise<HttpResponse>) => this.#repeated(send, signal);
    if (input === undefined || "url" in input) {
      const body = JSON.stringify({
        ...fieldsOf(options),
        ...defined({ input: input === undefined ? undefined : input.url }),
      });
      const what = {
        method: "POST",
        path: "/v1/jobs",
        headers: { ...headers, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) },
        signal,
      } as const;
      return this.#job(await repeated(() => this.transport.send({ ...what, body: Readable.from([body]) })));
    }
    const what = { method: "POST", path: pathWith(options), headers } as const;
    const submit = (file: LocalFile) =>
      repeated(() => sendContent(this.transport, what, file, options)).then((response) => this.#job(response));
    return "stream" in input
      ? withSpooled(this.transport, input.stream, signal ?? this.transport.signal, submit)
      : withFile(this.transport, input.file, signal, submit);
  }

  async get(id: string, options: CallOptions = {}): Promise<JobAnswer> {
    return this.#job(await this.#get(jobPath(id), options));
  }

  /** Newest first. */
  async list({ signal, limit = Number.POSITIVE_INFINITY, ...filter }: JobFilter = {}): Promise<JobSummary[]> {
    const jobs: JobSummary[] = [];
    let cursor: string | undefined;
    do {
      const size = String(Math.min(PAGE, limit - jobs.length));
      const query = new URLSearchParams({ ...filter, limit: size, ...defined({ cursor }) });
      const response = await this.#get(`/v1/jobs?${query}`, signal === undefined ? {} : { signal });
      const page = await readJson(response, JobList, this.transport.at);
      jobs.push(...page.jobs);
      cursor = page.next;
    } while (cursor !== undefined && jobs.length < limit);
    return jobs;
  }

  /** Ends a job in any state. @returns the job as it ended, by this call or before. */
  async cancel(id: string, { signal }: CallOptions = {}): Promise<JobAnswer> {
    return this.#job(await this.transport.send({ method: "POST", path: `${jobPath(id)}/cancel`, signal }));
  }

  /** Ends a job if it still runs, and deletes it and its output from the host. */
  async remove(id: string, { signal }: CallOptions = {}): Promise<void> {
    (await this.transport.send({ method: "DELETE", path: jobPath(id), signal })).body.resume();
  }

  /** @returns the job as it ended. */
  follow(id: string, options: FollowOptions = {}): Promise<JobAnswer> {
    jobPath(id);
    return followJob(this.transport, id, options);
  }

  /**
   * Writes the output of a finished job to disk. A broken transfer is resumed, the content verified, and the file named
   * only when it is complete.
   */
  async download(id: string, localFile: string, options: ReceiveOptions = {}): Promise<Downloaded> {
    const requestPath = `${jobPath(id)}/output`;
    const what = { ...options, requestPath, isResumable: false };
    return download(this.transport, `output of job ${id}`, localFile, what);
  }

  /** Writes the output of a finished job into `sink`, and leaves `sink` open. */
  output(id: string, sink: Writable, options: ReceiveOptions = {}): Promise<Downloaded> {
    const requestPath = `${jobPath(id)}/output`;
    return getInto(this.transport, `output of job ${id}`, sink, { ...options, requestPath });
  }

  #get(path: string, { signal }: CallOptions): Promise<HttpResponse> {
    return this.transport.send({ method: "GET", path, signal });
  }

  #job(response: HttpResponse): Promise<JobAnswer> {
    return readJson(response, JobAnswer, this.transport.at);
  }

  /** If the answer is lost, the host may have the job already. Under the same key it accepts the job only once. */
  async #repeated(send: () => Promise<HttpResponse>, signal: AbortSignal | undefined): Promise<HttpResponse> {
    let broke = false;
    for (let again = 0; ; again += 1) {
      try {
        return await send();
      } catch (error) {
        if (!(error instanceof Fault) || again >= RESUBMISSIONS) throw error;
        broke ||= error.code === "client/broken";
        // A conflict here comes from the broken request, which the host still believes to be alive.
        if (error.code !== "client/broken" && !(broke && error.code === "client/conflict")) throw error;
      }
      await sleep(retryWait(again + 1), signal).catch((error) => {
        throw errors.aborted(error);
      });
    }
  }
}

function fieldsOf({ accelerator, phase, parameters, output }: SubmitOptions) {
  return defined({
    accelerator,
    phase,
    parameters,
    output,
  });
}

function pathWith(options: SubmitOptions): string {
  const { parameters, ...fields } = fieldsOf(options);
  const query = new URLSearchParams(fields);
  if (parameters !== undefined) query.set("parameters", JSON.stringify(parameters));
  const text = query.toString();
  if (text.length > MAX_QUERY_LENGTH) throw errors.parametersTooLong(text.length, MAX_QUERY_LENGTH);
  return text === "" ? "/v1/jobs" : `/v1/jobs?${text}`;
}

function jobPath(id: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw errors.badJobId(id);
  return `/v1/jobs/${id}`;
}
