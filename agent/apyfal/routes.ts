/**
 * Apyfal's host protocol under `/v1.0/`, as its client speaks it: both spellings of every path, absolute URLs in the
 * answers, and "/" as the sign of life that it checks before it stops an accelerator.
 */

import { closeSync } from "node:fs";
import type { TLSSocket } from "node:tls";
import { notFound } from "../../http/problems.js";
import type { RouteHandler, RouteParams } from "../../http/routes/route.js";
import type { Exchange } from "../../http/server/exchange.js";
import { sendPart } from "../../http/server/send.js";
import type { RequestTarget } from "../../http/server/target.js";
import { hostInUrl } from "../../net/address.js";
import type { JobEngine } from "../jobs/types.js";
import type { AgentRoute } from "../route.js";
import { type Form, readForm } from "./form.js";
import { HostApi } from "./host-api.js";
import type { Fence } from "./host-paths.js";
import { longPoll } from "./long-poll.js";
import { CONFIGURATION_DEFAULTS, PROCESS_DEFAULTS, readParameters } from "./parameters.js";
import { type Process, Records } from "./records.js";
import { configurationDocument, processDocument } from "./represent.js";
import { DESCRIBED, protocolDocument } from "./schema.js";

export interface ApyfalOptions {
  readonly engine: JobEngine;
  /** The paths that `host://` URLs may name. */
  readonly fence: Fence;
  readonly maxUploadBytes: number;
  /** The file for ids, in an existing directory. */
  readonly recordsFile: string;
}

/** Paths below it accept the password of HTTP Basic as a token. */
export const APYFAL_PREFIX = "/v1.0/";

const PAGE = 100;
const NO_CACHE = { "Cache-Control": "no-cache" };

/** Only hosts with accelerators serve them. */
export function apyfalRoutes(options: ApyfalOptions): AgentRoute[] {
  const { engine } = options;
  const records = Records.open(options.recordsFile);
  const api = new HostApi({ engine, records, fence: options.fence });
  const form = (exchange: Exchange, fields: readonly string[]) =>
    whileConnected(exchange, () => readForm(exchange, { ...options, fields }));

  const configure: RouteHandler = async ({ exchange, target: { query } }) => {
    const sent = await form(exchange, ["parameters"]);
    if (sent === undefined) return;
    const parameters = await parametersOf(sent, CONFIGURATION_DEFAULTS);
    const { accelerator: named, ...rest } = parameters;
    const accelerator =
      new URLSearchParams(query).get("accelerator") ?? (typeof named === "string" ? named : undefined);
    const configuration = await api.configure(rest, sent.draft, accelerator);
    await longPoll(exchange, async () => {
      await api.settled(configuration);
      return configurationDocument(configuration, jobOf(configuration.job), baseOf(exchange));
    });
  };
  const process: RouteHandler = async ({ exchange }) => {
    const sent = await form(exchange, ["parameters", "configuration"]);
    if (sent === undefined) return;
    const parameters = await parametersOf(sent, PROCESS_DEFAULTS);
    const made = await api.process(parameters, sent.draft, sent.fields.get("configuration"));
    exchange.json(200, describe(made, exchange) ?? {}, NO_CACHE);
  };
  const jobOf = (job: string | undefined) => (job === undefined ? undefined : engine.get(job));
  const describe = (one: Process, exchange: Exchange) => {
    const job = engine.get(one.job);
    return job === undefined ? undefined : processDocument(one, job, baseOf(exchange));
  };
  const listConfigurations: RouteHandler = ({ exchange, target }) =>
    sendPage(exchange, target, records.configurations(), (one) =>
      configurationDocument(one, jobOf(one.job), baseOf(exchange)),
    );
  const listProcesses: RouteHandler = ({ exchange, target }) => {
    const living = records.processes().filter(({ job }) => engine.get(job) !== undefined);
    sendPage(exchange, target, living, (one) => describe(one, exchange));
  };
  const showConfiguration: RouteHandler = ({ exchange, params }) => {
    const found = records.configuration(idOf(params));
    if (found === undefined) throw notFound();
    exchange.json(200, configurationDocument(found, jobOf(found.job), baseOf(exchange)), NO_CACHE);
  };
  const showProcess: RouteHandler = ({ exchange, params }) => {
    const found = records.process(idOf(params));
    const document = found === undefined ? undefined : describe(found, exchange);
    if (document === undefined) throw notFound();
    exchange.json(200, document, NO_CACHE);
  };
  const removeProcess: RouteHandler = async ({ exchange, params }) => {
    if (!(await api.removeProcess(idOf(params)))) throw notFound();
    exchange.answer(204, {});
  };
  const result: RouteHandler = async ({ exchange, params }) => {
    const output = await engine.openOutput(records.process(idOf(params))?.job ?? "");
    // No body, because the client copies it into its user's file, whatever the status.
    if (output === undefined) return exchange.answer(404, { "Content-Length": 0 });
    try {
      const headers = {
        ...NO_CACHE,
        "Content-Type": "application/octet-stream",
        "X-Content-Type-Options": "nosniff",
      };
      if (exchange.method === "HEAD") return exchange.answer(200, { ...headers, "Content-Length": output.size });
      await sendPart(exchange, 200, headers, { fd: output.fd, start: 0, length: output.size });
    } finally {
      closeSync(output.fd);
    }
  };
  const stop: RouteHandler = ({ exchange, target: { query } }) =>
    longPoll(exchange, () => api.stop(new URLSearchParams(query).get("accelerator") ?? undefined));
  const schema: RouteHandler = ({ exchange }) =>
    exchange.json(200, protocolDocument(routes, baseOf(exchange)), NO_CACHE);
  const alive: RouteHandler = ({ exchange }) => exchange.json(200, { protocol: "/v1.0/schema/" }, NO_CACHE);

  const routes: AgentRoute[] = [
    { ...DESCRIBED.listConfigurations, handle: listConfigurations },
    { ...DESCRIBED.configure, handle: configure },
    { ...DESCRIBED.showConfiguration, handle: showConfiguration },
    { ...DESCRIBED.listProcesses, handle: listProcesses },
    { ...DESCRIBED.process, handle: process },
    { ...DESCRIBED.showProcess, handle: showProcess },
    { ...DESCRIBED.removeProcess, handle: removeProcess },
    { ...DESCRIBED.stopByGet, handle: stop },
    { ...DESCRIBED.stop, handle: stop },
    { ...DESCRIBED.schema, handle: schema },
    { ...DESCRIBED.result, handle: result },
    { ...DESCRIBED.alive, handle: alive },
  ];
  return routes;
}

const idOf = ({ id }: RouteParams) => Number(id);

/** The URL under which the client sees this host: from its Host header, if that is valid. */
function baseOf({ req }: Exchange): string {
  const { socket } = req;
  const scheme = (socket as Partial<TLSSocket>).encrypted === true ? "https" : "http";
  const host = req.headers.host ?? "";
  const valid = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/.test(host);
  const address = socket.localAddress ?? "localhost";
  return `${scheme}://${valid ? host : `${hostInUrl(address)}:${socket.localPort}`}`;
}

function sendPage<T>(
  exchange: Exchange,
  { path, query }: RequestTarget,
  all: readonly T[],
  document: (one: T) => unknown,
): void {
  const asked = new URLSearchParams(query).get("page") ?? "1";
  const page = /^\d{1,9}$/.test(asked) ? Number(asked) : 0;
  const last = Math.max(1, Math.ceil(all.length / PAGE));
  if (page < 1 || page > last) throw notFound();
  const url = (number: number) => (number < 1 || number > last ? null : `${baseOf(exchange)}${path}?page=${number}`);
  const results = all.slice((page - 1) * PAGE, page * PAGE).map(document);
  exchange.json(200, { count: all.length, next: url(page + 1), previous: url(page - 1), results }, NO_CACHE);
}

/** @returns undefined if the client is gone. */
async function whileConnected<T>(exchange: Exchange, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!exchange.req.socket.destroyed) throw error;
    if (exchange.verdict === "ok") exchange.verdict = "aborted";
    return undefined;
  }
}

async function parametersOf({ fields, draft }: Form, defaults: Parameters<typeof readParameters>[1]) {
  try {
    return readParameters(fields.get("parameters"), defaults);
  } catch (error) {
    await draft?.abort();
    throw error;
  }
}
