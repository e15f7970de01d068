/**
 * `GET /v1/jobs/{id}/events`: the states of a job as server-sent events, until the last one, or until the agent stops. A slow reader gets the
 * latest state and misses some in between, because nothing is queued for it.
 */
import type { Exchange } from "../../http/server/exchange.js";
import { stopping } from "../jobs/problems.js";
import { hasEnded, type Job, type JobEngine } from "../jobs/types.js";
import { noJob } from "./problems.js";
import { documentOf } from "./represent.js";

/** Far below the idle time after which the agent or an address translator cuts a connection. */
const HEARTBEAT_MS = 15_000;
/** How long a client waits before it reconnects. */
const RETRY_MS = 1_000;

/** Resolves when the stream has ended. */
export async function sendEvents(exchange: Exchange, engine: JobEngine, id: string): Promise<void> {
  const job = engine.get(id);
  if (job === undefined) throw noJob();
  // The end of a queued job is for the next start; a client that waits for it comes back.
  const isLeft = () => engine.stopping.aborted && engine.get(id)?.state === "queued";
  if (isLeft()) throw stopping();
  const { req, res } = exchange;
  // A client that reconnects gets the present state; only the numbers continue.
  const last = Number(req.headers["last-event-id"]);
  let number = Number.isSafeInteger(last) && last > 0 ? last : 0;
  let latest: Job | undefined = job;
  let isFull = false;

  exchange.writeHead(200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    // Proxies such as nginx would buffer small chunks.
    "X-Accel-Buffering": "no",
  });
  const write = (text: string) => {
    exchange.bytes += Buffer.byteLength(text);
    isFull = !res.write(text);
  };
  const flush = () => {
    if (latest === undefined || isFull || res.writableEnded) return;
    const told = latest;
    latest = undefined;
    number += 1;
    write(`event: state\nid: ${number}\ndata: ${JSON.stringify(documentOf(told))}\n\n`);
    if (hasEnded(told)) res.end();
  };
  const closed = new Promise<void>((resolve) => res.once("close", resolve));
  res.on("drain", () => {
    isFull = false;
    flush();
  });
  write(`retry: ${RETRY_MS}\n\n`);
  const stop = engine.follow(id, (next) => {
    latest = next;
    flush();
  });
  // A state between the first look and the call of follow() would otherwise be missed.
  latest = engine.get(id) ?? job;
  flush();
  const onStopping = () => {
    if (isLeft()) res.end();
  };
  engine.stopping.addEventListener("abort", onStopping);
  const heartbeat = setInterval(() => {
    if (engine.get(id) === undefined && latest === undefined) res.end();
    else if (!isFull) write(": still here\n\n");
  }, HEARTBEAT_MS);
  await closed;
  engine.stopping.removeEventListener("abort", onStopping);
  clearInterval(heartbeat);
  stop();
}
