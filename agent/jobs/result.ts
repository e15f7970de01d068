/** Reads the document that a program leaves at `-p`. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { errno } from "../../base/fault.js";
import type { JobFailure, JsonObject } from "./types.js";

/** Bytes of JSON. Anything larger should be an output. */
const RESULT_BYTES = 1024 * 1024;

/** @returns `{}` if the program left nothing there. */
export function readResult(file: string): { result: JsonObject } | { failure: JobFailure } {
  let text: string;
  try {
    // A FIFO left there would block; a link could lead anywhere.
    const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) return bad("is not a file");
      if (stat.size > RESULT_BYTES) return bad(`has more than ${RESULT_BYTES} bytes`);
      text = readFileSync(fd, "utf8");
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return errno(error) === "ENOENT" ? { result: {} } : bad(`cannot be read (${errno(error)})`);
  }
  if (text.trim() === "") return { result: {} };
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { result: value } : bad("holds no JSON object");
  } catch {
    return bad("is not JSON");
  }
}

/** With an `app.status` other than 0, the program reports its own failure. */
export function appFailure(result: JsonObject): JobFailure | undefined {
  const { app } = result;
  if (!isObject(app) || app.status === undefined || app.status === 0) return undefined;
  const message = typeof app.msg === "string" && app.msg !== "" ? app.msg : "the program gave no message";
  return { reason: "app", detail: message };
}

function bad(what: string): { failure: JobFailure } {
  return { failure: { reason: "output", detail: `the result document (-p) ${what}` } };
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
