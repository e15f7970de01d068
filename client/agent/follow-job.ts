/**
 * Follows the states of a job until it has ended: by server-sent events, or by polling if events do not arrive, as
 * behind a buffering proxy or while a host restarts.
 */
import { Value } from "@sinclair/typebox/value";
import { sleep } from "../../base/async/sleep.js";
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import * as errors from "../errors.js";
import { type Transport, transferFault } from "../tls/transport.js";
import { readJson } from "./answers.js";
import { EventStream } from "./event-stream.js";
import { JobAnswer } from "./job-answers.js";
import { RETRYABLE, retryWait } from "./transfer/receive.js";

export interface FollowOptions {
  readonly signal?: AbortSignal;
  readonly onState?: (job: JobAnswer) => void;
  /** Maximum failures in a row without a new state. @default 8 */
  readonly retries?: number;
  /** Milliseconds before the n-th retry. @default 250, doubling, at most 8000, half of it random */
  readonly retryDelay?: (retry: number) => number;
}

const ENDED: ReadonlySet<string> = new Set(["done", "failed", "cancelled"]);

export function hasEnded({ state }: { readonly state: string }): boolean {
  return ENDED.has(state);
}

// Room for a job's parameters, its result and the end of its stderr.
const MAX_EVENT_LENGTH = 8 * 1024 * 1024;

/** @returns the job as it ended. */
export async function followJob(transport: Transport, id: string, options: FollowOptions = {}): Promise<JobAnswer> {
  const { signal, retries = 8, retryDelay = retryWait } = options;
  const stream = { lastId: "" };
  let failures = 0;
  const tell = (job: JobAnswer) => {
    failures = 0;
    options.onState?.(job);
  };
  for (;;) {
    for (const listen of [listenOnce, askOnce]) {
      try {
        const job = await listen(transport, id, stream, tell, signal);
        if (job !== undefined && hasEnded(job)) return job;
      } catch (error) {
        const fault = transferFault(error, transport.at, signal);
        // An agent that stops has no end of a queued job to tell; the next one will.
        const mayPass = RETRYABLE.has(fault.code) || fault.code === "client/unavailable";
        if (!mayPass || failures >= retries) throw fault;
        failures += 1;
        await pause(retryDelay(failures), signal);
      }
    }
    // A stream that keeps ending early must not become a busy loop.
    await pause(retryDelay(1), signal);
  }
}

type Listen = (
  transport: Transport,
  id: string,
  stream: { lastId: string },
  tell: (job: JobAnswer) => void,
  signal: AbortSignal | undefined,
) => Promise<JobAnswer | undefined>;

const listenOnce: Listen = async (transport, id, stream, tell, signal) => {
  const response = await transport.send({
    method: "GET",
    path: `/v1/jobs/${id}/events`,
    headers: defined({
      Accept: "text/event-stream",
      "Last-Event-ID": stream.lastId === "" ? undefined : stream.lastId,
    }),
    signal,
  });
  if (!/^text\/event-stream\b/.test(response.headers["content-type"] ?? "")) {
    response.body.destroy();
    return undefined;
  }
  const events = new EventStream();
  const decoder = new TextDecoder();
  let last: JobAnswer | undefined;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    for (const { event, data } of events.push(decoder.decode(chunk, { stream: true }))) {
      if (event !== "state") continue;
      stream.lastId = events.lastId;
      last = parse(transport, data);
      tell(last);
      if (hasEnded(last)) return last;
    }
    if (events.pending > MAX_EVENT_LENGTH) throw errors.notTheAgent(transport.at, "an event is too long");
  }
  return last;
};

const askOnce: Listen = async (transport, id, _stream, tell, signal) => {
  const response = await transport.send({ method: "GET", path: `/v1/jobs/${id}`, signal });
  const job = await readJson(response, JobAnswer, transport.at);
  tell(job);
  return job;
};

function parse(transport: Transport, data: string): JobAnswer {
  try {
    const value: unknown = JSON.parse(data);
    if (Value.Check(JobAnswer, value)) return value;
  } catch {
    // Not JSON: reported below, like JSON of another shape.
  }
  throw errors.notTheAgent(transport.at, "an event is not of the expected form");
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, signal).catch((error) => {
    throw error instanceof Fault ? error : errors.aborted(error);
  });
}
