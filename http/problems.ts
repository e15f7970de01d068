/** The problems that every daemon has, as named factories. */
import { Problem } from "./problem.js";

export const malformedTarget = () =>
  new Problem(400, "malformed-target", "Malformed request target", "the request target is not a valid path");

export const unauthorized = () =>
  new Problem(401, "unauthorized", "Unauthorized", "send the header Authorization: Bearer <token>", {
    headers: { "WWW-Authenticate": "Bearer" },
  });

/** The same answer for missing and for forbidden paths, so that it reveals nothing. */
export const notFound = (verdict = "missing") =>
  new Problem(404, "not-found", "Not found", "there is nothing at this path", { verdict });

export const methodNotAllowed = (allow: string) =>
  new Problem(405, "method-not-allowed", "Method not allowed", `this resource allows ${allow}`, {
    headers: { Allow: allow },
  });

export const bodyTooSlow = (rate: number) =>
  new Problem(408, "body-too-slow", "Request timeout", `the body came at less than ${rate} bytes per second`, {
    headers: { Connection: "close" },
  });

export const tooManyHeaders = (limit: number) =>
  new Problem(431, "too-many-headers", "Request header fields too large", `a request has at most ${limit} headers`, {
    headers: { Connection: "close" },
  });

export const tooManyPipelined = (limit: number) =>
  new Problem(503, "too-many-pipelined", "Service unavailable", `at most ${limit} requests may wait on a connection`, {
    headers: { Connection: "close" },
  });

export const preconditionFailed = () =>
  new Problem(412, "precondition-failed", "Precondition failed", "the file is not in the state the request names");

export const internal = (cause: unknown) =>
  new Problem(500, "internal", "Internal error", "the log has the reason under this request id", { cause });

export const overloaded = (cause: unknown) =>
  new Problem(503, "overloaded", "Service unavailable", "too much is going on at once", {
    headers: { "Retry-After": "1" },
    cause,
  });
