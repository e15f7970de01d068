/** `/metrics`: the gateway in numbers, without a name of a user or a machine. */
import { familyText } from "../../base/prometheus.js";
import type { RequestMetrics } from "../../http/metrics.js";
import { VERSION } from "../version.js";
import type { Parts } from "./part.js";

export async function renderMetrics({ forwards, store, range }: Parts, requests: RequestMetrics): Promise<string> {
  const [all, targets] = await Promise.all([forwards.list(), store.targets()]);
  const states = new Map(targets.map(({ addr, routable }) => [addr, routable]));
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
    familyText(requests.family("sallyport_gateway_http_request_duration_seconds", "Requests, by route and status.")),
  ].join("");
}
