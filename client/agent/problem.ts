/** RFC 9457 problems as faults. Text from a host is quoted, so that it cannot control a terminal. */
import { type Fault, quote } from "../../base/fault.js";
import type { HttpResponse } from "../../http/client/http-client.js";
import { refusedByHost } from "../errors.js";

const MAX_BYTES = 64 * 1024;

const JOBS_HINT = `"sallyport accelerators HOST" lists what the host has, "sallyport jobs HOST" what it was asked to do`;

/** Reads the problem document of an unsuccessful response, if there is one, and closes the response. */
export async function faultIn(response: HttpResponse, path: string): Promise<Fault> {
  const status = response.status;
  const problem = await readProblem(response);
  const id = response.headers["x-request-id"];
  const said = problem.detail ?? problem.title ?? response.statusText;
  const request = typeof id === "string" ? `, request ${quote(id)}` : "";
  const shown = `the host answered ${status} to ${quote(path)}: ${quote(said)}${request}`;
  return refusedByHost(status, shown, status === 404 && path.startsWith("/v1/jobs") ? { hint: JOBS_HINT } : {});
}

async function readProblem(response: HttpResponse): Promise<{ title?: string; detail?: string }> {
  const isProblem = /^application\/(problem\+)?json\b/.test(response.headers["content-type"] ?? "");
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BYTES) break;
      chunks.push(chunk);
    }
    return isProblem ? pick(JSON.parse(Buffer.concat(chunks).toString("utf8"))) : {};
  } catch {
    // The status says enough; a broken explanation must not hide it.
    return {};
  }
}

function pick(value: unknown): { title?: string; detail?: string } {
  if (typeof value !== "object" || value === null) return {};
  const text = (key: "title" | "detail") => {
    const found: unknown = (value as Record<string, unknown>)[key];
    return typeof found === "string" ? { [key]: found } : {};
  };
  return { ...text("title"), ...text("detail") };
}
