/** Problems of jobs that the engine refuses. */
import { Problem } from "../../http/problem.js";

/** Seconds after which a client may try again. */
const RETRY_AFTER = "5";

export const noAccelerator = (name: string) =>
  new Problem(404, "no-accelerator", "Not found", `there is no accelerator "${name}" on this host`);

export const noDirectory = (name: string) =>
  new Problem(404, "no-directory", "Not found", `there is no authorized directory "${name}" on this host`);

export const queueFull = (name: string, waiting: number) =>
  new Problem(503, "queue-full", "Service unavailable", `${waiting} jobs already wait for "${name}"`, {
    headers: { "Retry-After": RETRY_AFTER },
  });

export const stopping = () =>
  new Problem(503, "stopping", "Service unavailable", "the agent is stopping and takes no more jobs", {
    headers: { "Retry-After": RETRY_AFTER },
  });

export const noInput = () =>
  new Problem(400, "no-input", "Bad request", "the job is to have an input of its own, and none was sent");

export const directoryNeeded = () =>
  new Problem(400, "file-needed", "Bad request", "name a file in the authorized directory, not the directory itself");

export const parametersTooLarge = (limit: number) =>
  new Problem(413, "too-large", "Content too large", `the parameters may have at most ${limit} bytes as JSON`);
