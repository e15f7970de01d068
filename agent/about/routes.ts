/** The route of a path, as metrics name it: few names, whatever is asked for. Pure. */
import { FILES_PREFIX } from "../guard/file-path.js";
import { jobRoute } from "../jobs-api/handle-jobs.js";

const DOCUMENTS = new Set([
  "/healthz",
  "/readyz",
  "/version",
  "/metrics",
  "/openapi.json",
  "/v1/host",
  "/v1/idle",
  "/v1/files",
  "/api/cluster/ip-addresses",
]);

export function routeOf(path: string): string {
  if (DOCUMENTS.has(path)) return path;
  if (path.startsWith(FILES_PREFIX)) return "/v1/files/{path}";
  const apyfal = /^\/v1\.0\/([a-z]+)(\/|$)/.exec(path)?.[1];
  if (apyfal !== undefined) return APYFAL.has(apyfal) ? `/v1.0/${apyfal}` : "other";
  return jobRoute(path)?.template ?? "other";
}

const APYFAL = new Set(["configuration", "process", "stop", "schema"]);
