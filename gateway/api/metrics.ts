/** `/metrics`: numbers about the gateway, without names of users or machines. */

import { familyText } from "../../base/prometheus.js";
import { VERSION } from "../../base/version.js";
import type { RequestMetrics } from "../../http/server/metrics.js";
import type { SenderMetrics } from "../logs/sender.js";
import type { ApiServices } from "./services.js";

/** @param log the metrics of the log sender, if it runs */
export async function renderMetrics(
  { forwards, store, range }: ApiServices,
  requests: RequestMetrics,
  log?: SenderMetrics,
): Promise<string> {
  const [all, machines] = await Promise.all([forwards.list(), store.machines()]);
  const states = new Map(machines.map(({ addr, routable }) => [addr, routable]));
  const count = (state: boolean | null) => [...states.values()].filter((each) => each === state).length;
  const used = all.filter(({ connPort }) => connPort >= range.min && connPort <= range.max).length;
  const gauge = (name: string, help: string, samples: ReadonlyArray<readonly [Record<string, string>, number]>) =>
    familyText({ name: `sallyport_gateway_${name}`, type: "gauge", help, samples });
  return [
    gauge("info", "The gateway's version.", [[{ version: VERSION }, 1]]),
    gauge(
      "forwards",
      "Forwards by protocol.",
      (["tcp", "udp"] as const).map((protocol) => [
        { protocol },
        all.filter((forward) => forward.protocol === protocol).length,
      ]),
    ),
    gauge("ports_free", "Ports of the range that no forward has.", [[{}, range.max - range.min + 1 - used]]),
    gauge("machines", "Addresses that forwards lead to, by what is known of them.", [
      [{ state: "up" }, count(true)],
      [{ state: "down" }, count(false)],
      [{ state: "unknown" }, count(null)],
    ]),
    log === undefined ? "" : senderText(log),
    familyText(requests.family("sallyport_gateway_http_request_duration_seconds", "Requests, by route and status.")),
  ].join("");
}

function senderText(log: SenderMetrics): string {
  const family = (type: "counter" | "gauge", name: string, help: string, value: number) =>
    familyText({ name: `sallyport_gateway_log_${name}`, type, help, samples: [[{}, value]] });
  return [
    family("counter", "records_read_total", "Packets read from the firewall's log.", log.recordsRead),
    family("counter", "lines_ignored_total", "Lines of the log that are about no packet.", log.linesIgnored),
    family("counter", "records_delivered_total", "Records that the receiver acknowledged.", log.recordsDelivered),
    family("counter", "records_dropped_total", "Records that found the spool full, ever.", log.recordsDropped),
    family(
      "counter",
      "deliveries_failed_total",
      "Attempts that the receiver did not acknowledge.",
      log.deliveriesFailed,
    ),
    family("gauge", "spool_bytes", "Size of what waits on the disk.", log.spoolBytes),
    family("gauge", "batches_waiting", "Batches that no receiver has acknowledged.", log.batchesWaiting),
  ].join("");
}
