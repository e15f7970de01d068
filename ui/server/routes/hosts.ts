/** The hosts: their states, their agents, and how they are stopped and started. */
import { type Static, Type } from "@sinclair/typebox";
import { cached } from "../../../base/async/cached.js";
import { defined } from "../../../base/defined.js";
import type { AgentDocument, OverviewDocument } from "../../documents.js";
import type { Backend } from "../backend.js";
import { errorLines } from "../problems.js";
import { readDocument } from "../read-document.js";
import { untilClosed } from "../relay.js";
import { NO_STORE, type UiRoute, uiRoute } from "../route.js";
import type { Services } from "../services.js";

/** Tabs share one look at EC2; a change of state takes longer than this. */
const LOOK_MS = 3_000;
/** For an agent's report; one that is up answers in a tenth of that. */
const AGENT_MS = 5_000;

const Stop = Type.Object(
  { mode: Type.Union([Type.Literal("stop"), Type.Literal("term")]) },
  { additionalProperties: false },
);

export function hostRoutes({ backend, operations, version }: Services, signal: AbortSignal): UiRoute[] {
  const newLook = () =>
    cached(LOOK_MS, async () => {
      const [deployments, list] = await Promise.all([backend.deployments(), backend.hosts(signal)]);
      return { deployments, ...list };
    });
  let look = newLook();
  let seen = operations.current;
  /** What was seen before an operation ended is not what it left. */
  const lookNow = () => {
    const { current } = operations;
    if (current?.state !== seen?.state || current?.id !== seen?.id) look = newLook();
    seen = current;
    return look();
  };
  /** The page follows the operation by the overview. Its failure is there as well. */
  const begin = (title: string, work: Parameters<typeof operations.start>[1]) => {
    operations.start(title, work).catch(() => undefined);
  };
  return [
    uiRoute("GET", "/api/overview", async ({ exchange }) => {
      // Before the look: an operation that is told to have ended has left what is shown.
      const operation = operations.current;
      const found = await lookNow();
      const document: OverviewDocument = defined({
        version,
        project: backend.project,
        ...found,
        operation,
      });
      exchange.json(200, document, NO_STORE);
    }),
    uiRoute("GET", "/api/hosts/{host}", async ({ exchange, params: { host = "" } }) => {
      exchange.json(200, await reportOf(backend, host, untilClosed(exchange)), NO_STORE);
    }),
    uiRoute("POST", "/api/hosts/{host}/stop", async ({ exchange, params: { host = "" } }) => {
      const { mode }: Static<typeof Stop> = await readDocument(exchange, Stop);
      const title = `${mode === "term" ? "terminate" : "stop"} ${host}`;
      begin(title, (progress) => backend.stop(host, mode, progress));
      exchange.json(202, operations.current, NO_STORE);
    }),
    uiRoute("POST", "/api/hosts/{host}/start", ({ exchange, params: { host = "" } }) => {
      begin(`start ${host}`, (progress) => backend.start(host, progress));
      exchange.json(202, operations.current, NO_STORE);
    }),
  ];
}

/** None of these requests counts as use of the host, so that a page that is left open keeps none awake. */
async function reportOf(backend: Backend, host: string, gone: AbortSignal): Promise<AgentDocument> {
  const signal = AbortSignal.any([gone, AbortSignal.timeout(AGENT_MS)]);
  try {
    const client = await backend.agent(host);
    if (client === undefined) return { agent: "none" };
    const [idle, directories, accelerators] = await Promise.all([
      client.idle({ signal }),
      client.directories({ signal }),
      client.jobs.accelerators({ signal }),
    ]);
    return { agent: "up", idle, directories, accelerators };
  } catch (error) {
    const isLate = error instanceof Error && error.cause instanceof Error && error.cause.name === "TimeoutError";
    const late = {
      message: `${host} does not answer`,
      hint: `it did not within ${AGENT_MS / 1000} s: does its firewall let this machine in?`,
    };
    return { agent: "down", error: isLate ? late : errorLines(error) };
  }
}
