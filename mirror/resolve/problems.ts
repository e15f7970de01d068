/** Refusals of package requests. */
import { errno } from "../../base/fault.js";
import { Problem } from "../../http/problem.js";

export const noPackage = (name: string, repository: string) =>
  new Problem(404, "no-package", "Not found", `neither "${repository}" nor its upstreams have the package "${name}"`);

export const noAsset = (file: string, repository: string) =>
  new Problem(404, "no-asset", "Not found", `neither "${repository}" nor its upstreams have the file "${file}"`);

/** @param reasons one line each: which upstream, and what happened. */
export const upstreamFailed = (what: string, reasons: readonly string[]) =>
  new Problem(
    502,
    "upstream-failed",
    "Upstream failed",
    `"${what}" is not retained here, and ${[...new Set(reasons)].join("; ")}`,
    { headers: { "Retry-After": "10", "Cache-Control": "no-store" } },
  );

export const publishBlocked = (name: string, repository: string) =>
  new Problem(
    403,
    "publish-blocked",
    "Forbidden",
    `the origin controls of "${name}" in "${repository}" block publishing: its versions come from an upstream`,
  );

export const alreadyPublished = (what: string) =>
  new Problem(409, "already-exists", "Conflict", `"${what}" already exists and cannot be changed`);

export const malformedUpload = (reason: string) => new Problem(400, "malformed-upload", "Bad request", reason);

export const uploadTooLarge = (bytes: number) =>
  new Problem(413, "upload-too-large", "Content too large", `an upload has at most ${bytes} bytes`, {
    headers: { Connection: "close" },
  });

export const hashMismatch = (file: string, algorithm: string) =>
  new Problem(400, "hash-mismatch", "Bad request", `the ${algorithm} of "${file}" is not what the upload says it is`);

export const unsatisfiableRange = (size: number) =>
  new Problem(416, "range-not-satisfiable", "Range not satisfiable", `the file has ${size} bytes`, {
    headers: { "Content-Range": `bytes */${size}` },
  });

/** A full disk as a problem; any other error as it is. */
export function storageProblem(error: unknown): unknown {
  const code = errno(error);
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new Problem(507, "disk-full", "Insufficient storage", "the mirror's disk is full", { cause: error });
}
