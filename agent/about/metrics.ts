/** The agent's metrics for Prometheus. */
import { type Family, familyText } from "../../base/prometheus.js";
import type { RequestMetrics } from "../../http/server/metrics.js";
import type { JobEngine, JobState } from "../jobs/types.js";

export interface MetricsOptions {
  readonly version: string;
  readonly requests: RequestMetrics;
  readonly engine: Pick<JobEngine, "accelerators" | "list">;
  /** End of the certificate in use, in milliseconds since 1970. */
  readonly certificateEnds: () => number | undefined;
}

const STATES: readonly JobState[] = ["queued", "running", "done", "failed", "cancelled"];

export function renderAgentMetrics({ version, requests, engine, certificateEnds }: MetricsOptions): string {
  const accelerators = engine.accelerators();
  const { sent, received } = requests.bytes;
  const ends = certificateEnds();
  const families: readonly Family[] = [
    gauge("sallyport_agent_info", "The version of this agent.", [[{ version }, 1]]),
    gauge("sallyport_jobs", "Jobs that are remembered, by state.", jobSamples(engine)),
    gauge(
      "sallyport_jobs_running",
      "Jobs that run now.",
      accelerators.map(({ name, running }) => [{ accelerator: name }, running]),
    ),
    gauge(
      "sallyport_jobs_queue_length",
      "Jobs that wait.",
      accelerators.map(({ name, queued }) => [{ accelerator: name }, queued]),
    ),
    {
      name: "sallyport_http_content_bytes_total",
      type: "counter",
      help: "Bytes of content since the start.",
      samples: [
        [{ direction: "sent" }, sent],
        [{ direction: "received" }, received],
      ],
    },
    gauge(
      "sallyport_certificate_expiry_timestamp_seconds",
      "When the certificate in use ends.",
      ends === undefined ? [] : [[{}, ends / 1000]],
    ),
    gauge("process_resident_memory_bytes", "Resident memory size in bytes.", [[{}, process.memoryUsage.rss()]]),
    gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", [
      [{}, Math.round(performance.timeOrigin) / 1000],
    ]),
  ];
  const durations = requests.family("http_request_duration_seconds", "From the header to the end of the answer.");
  return [durations, ...families].map(familyText).join("");
}

function jobSamples(engine: MetricsOptions["engine"]): Family["samples"] {
  const counts = new Map<string, number>();
  for (const { accelerator, state } of engine.list()) {
    const key = JSON.stringify([accelerator, state]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return engine
    .accelerators()
    .flatMap(({ name }) =>
      STATES.map((state) => [{ accelerator: name, state }, counts.get(JSON.stringify([name, state])) ?? 0] as const),
    );
}

function gauge(name: string, help: string, samples: Family["samples"]): Family {
  return { name, type: "gauge", help, samples };
}
