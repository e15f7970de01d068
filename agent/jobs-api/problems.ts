/** Problems of requests about jobs. */
import { Problem } from "../../http/problem.js";

const unprocessable = (code: string, detail: string) => new Problem(422, code, "Unprocessable content", detail);

export const notHostUrl = (field: string) =>
  unprocessable("not-host-url", `${field}: write host://DIR/PATH, where DIR is the name of an authorized directory`);

export const invalid = (detail: string) => unprocessable("invalid", detail);

export const noDefault = () => unprocessable("no-accelerators", "this host has no accelerators");

export const badKey = () =>
  new Problem(400, "bad-idempotency-key", "Bad request", "Idempotency-Key has 1 to 255 visible ASCII characters");

export const unsupportedType = () =>
  new Problem(
    415,
    "unsupported-type",
    "Unsupported media type",
    "send application/json, or the input itself as application/octet-stream",
  );

export const keyReused = () =>
  new Problem(409, "idempotency-key-reused", "Conflict", "this Idempotency-Key was used for another request");

export const keyBusy = () =>
  new Problem(409, "idempotency-key-busy", "Conflict", "a request with this Idempotency-Key is still being received", {
    headers: { "Retry-After": "1" },
  });

export const noJob = () => new Problem(404, "no-job", "Not found", "there is no such job");

export const notDone = (state: string) =>
  new Problem(409, "not-done", "Conflict", `the job is ${state}: only one that is done has an output`);

export const noOutput = (where?: string) =>
  new Problem(
    404,
    "no-output",
    "Not found",
    where === undefined ? "the job has no output" : `the output of this job is at ${where}`,
  );
