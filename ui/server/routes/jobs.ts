/** The jobs of a host: the latest ones, one as it goes on, and its end before its time. */
import { defined } from "../../../base/defined.js";
import { relay, untilClosed } from "../relay.js";
import { NO_STORE, type UiRoute, uiRoute } from "../route.js";
import type { Services } from "../services.js";
import { clientOf } from "./files.js";

/** The page shows the latest; "sallyport jobs" lists the others. */
const SHOWN = 50;
const JOB = "/api/hosts/{host}/jobs/{id}";
const ID = /^[A-Za-z0-9_-]{1,64}$/;

export function jobRoutes({ backend }: Pick<Services, "backend">): UiRoute[] {
  return [
    uiRoute("GET", "/api/hosts/{host}/jobs", async ({ exchange, params }) => {
      const { jobs } = await clientOf(backend, params.host);
      exchange.json(200, { jobs: await jobs.list({ limit: SHOWN, signal: untilClosed(exchange) }) }, NO_STORE);
    }),
    uiRoute("GET", JOB, async ({ exchange, params }) => {
      const { jobs } = await clientOf(backend, params.host);
      exchange.json(200, await jobs.get(params.id ?? "", { signal: untilClosed(exchange) }), NO_STORE);
    }),
    {
      ...uiRoute("GET", `${JOB}/events`, async ({ exchange, params }) => {
        const { transport } = await clientOf(backend, params.host);
        const last = exchange.req.headers["last-event-id"];
        const response = await transport.send({
          method: "GET",
          path: `/v1/jobs/${params.id}/events`,
          headers: defined({
            Accept: "text/event-stream",
            "Last-Event-ID": typeof last === "string" ? last : undefined,
          }),
          signal: untilClosed(exchange),
        });
        await relay(exchange, response, { ...NO_STORE, "Content-Type": "text/event-stream" });
      }),
      params: { id: { type: "string", pattern: ID.source } as never },
      head: false,
    },
    uiRoute("POST", `${JOB}/cancel`, async ({ exchange, params }) => {
      const { jobs } = await clientOf(backend, params.host);
      exchange.json(200, await jobs.cancel(params.id ?? "", { signal: untilClosed(exchange) }), NO_STORE);
    }),
  ];
}
