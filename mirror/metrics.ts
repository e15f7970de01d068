/** Metrics for Prometheus, without names of callers, domains or packages. */

import { familyText } from "../base/prometheus.js";
import { VERSION } from "../base/version.js";
import type { RequestMetrics } from "../http/server/metrics.js";
import type { Service } from "./codeartifact/api/operation.js";

export async function renderMetrics({ catalog, tokens, now }: Service, requests: RequestMetrics): Promise<string> {
  const gauge = (name: string, help: string, value: number, labels: Record<string, string> = {}) =>
    familyText({ name: `sallyport_mirror_${name}`, type: "gauge", help, samples: [[labels, value]] });
  return [
    gauge("info", "The mirror's version.", 1, { version: VERSION }),
    gauge("domains", "Domains.", catalog.domains().length),
    gauge("repositories", "Repositories.", catalog.repositories().length),
    gauge("tokens", "Authorization tokens that have not ended.", tokens.live(now())),
    familyText({
      name: "sallyport_mirror_content_bytes_total",
      type: "counter",
      help: "Bytes of content since the start.",
      samples: [
        [{ direction: "sent" }, requests.bytes.sent],
        [{ direction: "received" }, requests.bytes.received],
      ],
    }),
    familyText(requests.family("sallyport_mirror_http_request_duration_seconds", "Requests, by route and status.")),
  ].join("");
}
