/** The problems that every daemon has, as named factories. */
import { Problem } from "./problem.js";

export const malformedTarget = () =>
  new Problem(400, "malformed-target", "Malformed request target", "the request target is not a valid path");

export const malformedRequest = () =>
  new Problem(400, "malformed-request", "Malformed request", "these bytes are no HTTP request", {
    verdict: "malformed",
    headers: { Connection: "close" },
  });

export const incompleteRequest = () =>
  new Problem(400, "incomplete-request", "Incomplete request", "the connection ended before the request", {
    verdict: "aborted",
  });

export const headerTooSlow = () =>
  new Problem(408, "header-too-slow", "Request timeout", "the header took too long", { verdict: "timeout" });

/** Only of versions that have a place in HTTP/1.1's request line: RFC 9110, 15.6.6. */
export const unknownVersion = () =>
  new Problem(505, "unknown-version", "HTTP version not supported", "the versions of this server are 1.0 and 1.1", {
    verdict: "malformed",
    headers: { Connection: "close" },
  });

export const targetTooLong = () =>
  new Problem(414, "target-too-long", "URI too long", "the request target has too many bytes", {
    verdict: "malformed",
  });

export const unknownCoding = () =>
  new Problem(501, "unknown-coding", "Not implemented", "the only Transfer-Encoding is chunked", {
    headers: { Connection: "close" },
  });

export const encoded = () =>
  new Problem(415, "encoded", "Unsupported media type", "send the content as it is, without Content-Encoding");

export const notJson = () => new Problem(400, "not-json", "Bad request", "the content is not JSON");

export const jsonTooLarge = (limit: number) =>
  new Problem(413, "too-large", "Content too large", `a JSON document may have at most ${limit} bytes`);

export const expectationFailed = () =>
  new Problem(417, "expectation-failed", "Expectation failed", "the only expectation is 100-continue", {
    headers: { Connection: "close" },
  });

export const requestTooLarge = () =>
  new Problem(413, "too-large", "Content too large", "chunk extensions are too large", { verdict: "malformed" });

export const headerTooLarge = () =>
  new Problem(431, "header-too-large", "Request header fields too large", "the header has too many bytes", {
    verdict: "malformed",
  });

export const tooManyConnections = () =>
  new Problem(503, "too-many-connections", "Service unavailable", "too many connections are open", {
    headers: { "Retry-After": "1" },
  });

/** The same for a missing, a repeated and a malformed Host: RFC 9112, 3.2. */
export const malformedHost = () =>
  new Problem(
    400,
    "malformed-host",
    "Malformed Host header",
    "send one Host header with one host and, if any, one port",
    {
      verdict: "malformed",
      headers: { Connection: "close" },
    },
  );

/** For methods that no path has. */
export const notImplemented = () =>
  new Problem(501, "not-implemented", "Not implemented", "this server has no resource with the method of the request");

export const crossSite = () =>
  new Problem(403, "cross-site", "Forbidden", "a page of another site must not use this host through a browser");

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
