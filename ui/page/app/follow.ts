/** Follows a job by the agent's events, over connections that may break. */
import { EventStream } from "../../../client/agent/event-stream.js";
import { Refused } from "../../../page/app/api.js";
import type { JobAnswer } from "../../documents.js";
import type { Api } from "./api.js";

const RETRY_MS = 1_000;

export const hasEnded = ({ state }: Pick<JobAnswer, "state">) => state !== "queued" && state !== "running";

/** Resolves when the job has ended, or `signal` aborts. @throws Refused if the host refuses. */
export async function followJob(
  api: Api,
  path: string,
  onJob: (job: JobAnswer) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      if (await listenOnce(api, path, onJob, signal)) return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && error.status !== 0 && error.status !== 502) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** @returns whether the job has ended. */
async function listenOnce(
  api: Api,
  path: string,
  onJob: (job: JobAnswer) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const response = await api.stream(`${path}/events`, signal);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const events = new EventStream();
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) return false;
    for (const { event, data } of events.push(part.value)) {
      if (event !== "state") continue;
      const job = JSON.parse(data) as JobAnswer;
      onJob(job);
      if (hasEnded(job)) return true;
    }
  }
}
