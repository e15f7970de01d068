/** Problems of files. A path outside gets the same answer as a missing one: see `notFound`. */
import { Problem } from "../http/problem.js";

export const badPath = (detail: string) => new Problem(400, "bad-path", "Bad path", detail, { verdict: "malformed" });

export const readOnly = (name: string) =>
  new Problem(403, "read-only", "Forbidden", `the directory "${name}" is read-only`);

export const rootKept = () =>
  new Problem(403, "root-kept", "Forbidden", "an authorized directory itself cannot be changed");

export const denied = (cause: unknown) =>
  new Problem(403, "denied", "Forbidden", "the host's file permissions do not allow this", { cause });

export const isDirectory = () => new Problem(409, "is-directory", "Conflict", "there is a directory at this path");

export const underFile = () =>
  new Problem(409, "under-file", "Conflict", "a part of this path is a file, so nothing can lie under it");

export const notEmpty = () => new Problem(409, "not-empty", "Conflict", "the directory is not empty");

export const tooLarge = (limit: number) =>
  new Problem(413, "too-large", "Content too large", `a file may have at most ${limit} bytes`);

export const partialPut = () =>
  new Problem(400, "partial-put", "Bad request", "Content-Range is for a PUT with an Upload-Id");

export const badUploadId = () =>
  new Problem(
    400,
    "bad-upload-id",
    "Bad request",
    "Upload-Id has 16 to 128 letters, digits, dots, hyphens and underscores",
  );

export const badContentRange = () =>
  new Problem(
    400,
    "bad-content-range",
    "Bad request",
    "Content-Range is bytes FIRST-LAST/SIZE, with * where it is unknown",
  );

/** The client goes on from there. */
export const otherOffset = (offset: number) =>
  new Problem(409, "other-offset", "Conflict", `of this upload, ${offset} bytes are here`, {
    headers: { "Upload-Offset": String(offset) },
  });

export const digestMalformed = (field: string) =>
  new Problem(400, "digest-malformed", "Bad request", `${field} holds no SHA-256 of the form sha-256=:BASE64:`);

export const digestMismatch = (field: string) =>
  new Problem(400, "digest-mismatch", "Bad request", `the content received is not the one that ${field} names`);

export const outOfRange = (size: number) =>
  new Problem(416, "out-of-range", "Range not satisfiable", `the file has ${size} bytes`, {
    headers: { "Content-Range": `bytes */${size}` },
  });

export const addressesUnknown = (cause: unknown) =>
  new Problem(503, "addresses-unknown", "Service unavailable", "this host's addresses are unknown at the moment", {
    headers: { "Retry-After": "30", "Cache-Control": "no-cache" },
    cause,
  });

export const diskFull = (cause: unknown) =>
  new Problem(507, "disk-full", "Insufficient storage", "the host's disk is full; what was there is unchanged", {
    cause,
  });

export const goingDown = () =>
  new Problem(503, "going-down", "Service unavailable", "this host was idle for long enough and is ending itself", {
    headers: { "Retry-After": "60" },
  });
