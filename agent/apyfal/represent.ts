/** Configurations and processes as Apyfal's clients read them. Pure: values in, documents out. */
import { isObject } from "../jobs/result.js";
import { type FileRef, hasEnded, type Job, type JsonObject } from "../jobs/types.js";
import { merge } from "./parameters.js";
import type { Configuration, Outcome, Process } from "./records.js";

/**
 * A failure that the program reports itself (`app.status`) is no error of the host: Apyfal's client shows its message.
 * Every other failure is an error of the host, and `errorcode` names it.
 */
export function outcomeOf(job: Job): Outcome {
  if (job.state === "cancelled") return { inerror: true, errorcode: "cancelled", status: 1, msg: "it was cancelled" };
  if (job.state !== "failed") return { inerror: false, errorcode: "", status: 0, msg: "" };
  const { failure, result } = job;
  const app = isObject(result?.app) ? result.app : {};
  const status = typeof app.status === "number" && app.status !== 0 ? app.status : 0;
  const msg = typeof app.msg === "string" && app.msg !== "" ? app.msg : failure.detail;
  const said = status !== 0 && (failure.reason === "app" || failure.reason === "exit");
  if (said) return { inerror: false, errorcode: failure.reason, status, msg };
  return { inerror: true, errorcode: failure.reason, status: job.exitStatus || 1, msg };
}

/** The program's own document, completed with the members that Apyfal's clients rely on. */
export function resultOf(job: Job): JsonObject {
  if (!hasEnded(job)) return {};
  const { status, msg } = outcomeOf(job);
  const { startedAt, endedAt, inputBytes = 0, result = {} } = job;
  const { outputBytes = 0 } = job.state === "done" ? job : {};
  const profiling =
    startedAt === undefined
      ? {}
      : {
          "wall-clock-time": (endedAt - startedAt) / 1000,
          "total-bytes-written": outputBytes,
          "total-bytes-read": inputBytes,
        };
  const filled = merge({ app: { specific: {}, profiling } }, result);
  const app = isObject(filled.app) ? filled.app : {};
  return { ...filled, app: { ...app, status, msg } };
}

/** @param job as long as the engine remembers it. @param base URL of the host, without a trailing slash. */
export function configurationDocument(configuration: Configuration, job: Job | undefined, base: string) {
  const { id, created, end, used } = configuration;
  const app = end === undefined ? {} : { app: { status: end.status, msg: end.msg, specific: {} } };
  return {
    id,
    url: `${base}/v1.0/configuration/${id}/`,
    used,
    parameters: job?.parameters ?? {},
    datafile: fileUrl(job?.input),
    created: date(created),
    processed: end !== undefined,
    processed_date: date(end?.at),
    inerror: end?.inerror ?? false,
    errorcode: end?.errorcode ?? "",
    parametersresult: job !== undefined && hasEnded(job) ? resultOf(job) : app,
  };
}

export function processDocument({ id, configuration }: Process, job: Job, base: string) {
  const url = `${base}/v1.0/process/${id}/`;
  const ended = hasEnded(job) ? job : undefined;
  const { inerror, errorcode } = outcomeOf(job);
  return {
    id,
    url,
    parameters: job.parameters,
    datafile: fileUrl(job.input),
    created: date(job.createdAt),
    processed: ended !== undefined,
    processed_date: date(ended?.endedAt),
    inerror,
    errorcode,
    parametersresult: resultOf(job),
    // Even if it failed: the client fetches this before it reads the status.
    datafileresult: ended !== undefined && job.output?.kind === "private" ? `${url}datafileresult` : null,
    configuration: `${base}/v1.0/configuration/${configuration}/`,
  };
}

/** A file that a client sent itself is not served back. */
function fileUrl(ref: FileRef | undefined): string | null {
  return ref?.kind === "host" ? `host://${[ref.directory, ...ref.names].join("/")}` : null;
}

function date(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
