/** Counts requests and their durations from the access log, so that none is missed. */
import type { HistogramFamily } from "../../base/prometheus.js";
import type { AccessLog } from "./access-log.js";

/** Seconds, from a small file over a page and a long poll to a large transfer. */
const BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 600];

interface Counts {
  readonly labels: { readonly method: string; readonly route: string; readonly status: string };
  readonly buckets: number[];
  count: number;
  sum: number;
}

const METHODS = new Set(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"]);

export class RequestMetrics {
  readonly #byLabels = new Map<string, Counts>();
  #sent = 0;
  #received = 0;

  /** @param routeOf labels paths of requests that met no route table; few labels, since each becomes a time series. */
  constructor(private readonly routeOf: (path: string) => string) {}

  /** Counts every entry, and passes it on. */
  watch(log: AccessLog): AccessLog {
    return (entry, route = this.routeOf(entry.path)) => {
      this.#sent += entry.bytes;
      this.#received += entry.received ?? 0;
      const method = METHODS.has(entry.method) ? entry.method : "other";
      this.#observe({ method, route, status: String(entry.status) }, entry.ms / 1000);
      log(entry, route);
    };
  }

  /** Content bytes since the start. */
  get bytes(): { readonly sent: number; readonly received: number } {
    return { sent: this.#sent, received: this.#received };
  }

  family(name: string, help: string): HistogramFamily {
    const samples = [...this.#byLabels.values()].map(({ labels, buckets, count, sum }) => {
      const bounded = BOUNDS.map((le, index) => [le, buckets[index] ?? 0] as const);
      return [labels, { buckets: bounded, count, sum: Math.round(sum * 1e6) / 1e6 }] as const;
    });
    return { name, type: "histogram", help, samples };
  }

  #observe(labels: Counts["labels"], seconds: number): void {
    const key = `${labels.method} ${labels.route} ${labels.status}`;
    let counts = this.#byLabels.get(key);
    if (counts === undefined) {
      counts = { labels, buckets: BOUNDS.map(() => 0), count: 0, sum: 0 };
      this.#byLabels.set(key, counts);
    }
    for (let i = BOUNDS.length - 1; i >= 0 && seconds <= (BOUNDS[i] ?? 0); i--)
      counts.buckets[i] = (counts.buckets[i] ?? 0) + 1;
    counts.count += 1;
    counts.sum += seconds;
  }
}
