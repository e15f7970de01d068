/**
 * Apyfal's host protocol under `/v1.0/`, as its client speaks it: both spellings of every path, absolute URLs
 * back, and "/" as the sign of life that it looks for before it stops an accelerator.
 */
import { closeSync } from "node:fs";
import type { TLSSocket } from "node:tls";
import { methodNotAllowed, notFound } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import { sendPart } from "../../http/server/send.js";
import type { RequestTarget } from "../../http/server/target.js";
import type { JobEngine } from "../jobs/types.js";
import { type Form, readForm } from "./form.js";
import { HostApi } from "./host-api.js";
import type { Fence } from "./host-paths.js";
import { CONFIGURATION_DEFAULTS, PROCESS_DEFAULTS, readParameters } from "./parameters.js";
import { answerPatiently } from "./patient-answer.js";
import { crossSite } from "./problems.js";
import { type Process, Records } from "./records.js";
import { configurationDocument, processDocument } from "./represent.js";
import { schemaDocument } from "./schema.js";

export interface ApyfalOptions {
  readonly engine: JobEngine;
  /** What `host://` URLs may name. */
  readonly fence: Fence;
  readonly maxUploadBytes: number;
  /** Where ids are kept; its directory is there. */
  readonly recordsFile: string;
}

export type ApyfalHandler = (exchange: Exchange, target: RequestTarget) => Promise<void>;

type Answer = (exchange: Exchange, target: RequestTarget, id: number) => void | Promise<void>;
type Methods = Readonly<Partial<Record<"GET" | "HEAD" | "POST" | "DELETE", Answer>>>;

const PAGE = 100;
const NO_CACHE = { "Cache-Control": "no-cache" };

/** Paths on which an `Authorization` of HTTP Basic counts too. */
export const isApyfalPath = (path: string) => path === "/" || path.startsWith("/v1.0/");

/** @returns the way to answer a path, or undefined where it is not of this protocol. */
export function createApyfal(options: ApyfalOptions): (path: string) => ApyfalHandler | undefined {
  const { engine } = options;
  const records = Records.open(options.recordsFile);
  const api = new HostApi({ engine, records, fence: options.fence });
  const read = (answer: Answer): Methods => ({ GET: answer, HEAD: answer });
  const form = (exchange: Exchange, fields: readonly string[]) =>
    whileConnected(exchange, () => readForm(exchange, { ...options, fields }));

  const configure: Answer = async (exchange, { query }) => {
    const sent = await form(exchange, ["parameters"]);
    if (sent === undefined) return;
    const parameters = await parametersOf(sent, CONFIGURATION_DEFAULTS);
    const { accelerator: named, ...rest } = parameters;
    const accelerator =
      new URLSearchParams(query).get("accelerator") ?? (typeof named === "string" ? named : undefined);
    const configuration = await api.configure(rest, sent.draft, accelerator);
    await answerPatiently(exchange, async () => {
      await api.settled(configuration);
      return configurationDocument(configuration, jobOf(configuration.job), baseOf(exchange));
    });
  };
  const process: Answer = async (exchange) => {
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
  const listConfigurations: Answer = (exchange, target) =>
    sendPage(exchange, target, records.configurations(), (one) =>
      configurationDocument(one, jobOf(one.job), baseOf(exchange)),
    );
  const listProcesses: Answer = (exchange, target) => {
    const living = records.processes().filter(({ job }) => engine.get(job) !== undefined);
    sendPage(exchange, target, living, (one) => describe(one, exchange));
  };
  const showConfiguration: Answer = (exchange, _target, id) => {
    const found = records.configuration(id);
    if (found === undefined) throw notFound();
    exchange.json(200, configurationDocument(found, jobOf(found.job), baseOf(exchange)), NO_CACHE);
  };
  const showProcess: Answer = (exchange, _target, id) => {
    const found = records.process(id);
    const document = found === undefined ? undefined : describe(found, exchange);
    if (document === undefined) throw notFound();
    exchange.json(200, document, NO_CACHE);
  };
  const removeProcess: Answer = async (exchange, _target, id) => {
    if (!(await api.removeProcess(id))) throw notFound();
    exchange.answer(204, {});
  };
  const result: Answer = async (exchange, _target, id) => {
    const output = await engine.openOutput(records.process(id)?.job ?? "");
    // Without a body: the client copies whatever comes into its user's file, whatever the status.
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
  const stop: Answer = (exchange, { query }) =>
    answerPatiently(exchange, () => api.stop(new URLSearchParams(query).get("accelerator") ?? undefined));
  const schema: Answer = (exchange) => exchange.json(200, schemaDocument(baseOf(exchange)), NO_CACHE);
  const alive: Answer = (exchange) => exchange.json(200, { protocol: "/v1.0/schema/" }, NO_CACHE);

  const routes: Readonly<Record<string, Methods>> = {
    "/": read(alive),
    "/v1.0/configuration": { ...read(listConfigurations), POST: configure },
    "/v1.0/configuration/{id}": read(showConfiguration),
    "/v1.0/process": { ...read(listProcesses), POST: process },
    "/v1.0/process/{id}": { ...read(showProcess), DELETE: removeProcess },
    "/v1.0/process/{id}/datafileresult": read(result),
    // GET changes something here, as it does in Apyfal; HEAD must not.
    "/v1.0/stop": { GET: stop, POST: stop },
    "/v1.0/schema": read(schema),
  };

  return (path) => {
    // A host without accelerators does not speak it.
    if (!isApyfalPath(path) || engine.defaultAccelerator === undefined) return undefined;
    const { template, id } = routeOf(path);
    const methods = routes[template];
    return async (exchange, target) => {
      if (methods === undefined) throw notFound();
      const answer = methods[exchange.method as keyof Methods];
      if (answer === undefined) throw methodNotAllowed(Object.keys(methods).join(", "));
      if (exchange.method !== "HEAD" && (exchange.method !== "GET" || template === "/v1.0/stop"))
        refuseCrossSite(exchange);
      await answer(exchange, target, id);
    };
  };
}

/** `/v1.0/process/12/` → `/v1.0/process/{id}` and 12. */
function routeOf(path: string): { template: string; id: number } {
  const bare = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  const [, head, id, rest = ""] =
    /^(\/v1\.0\/(?:configuration|process))\/(\d{1,15})(\/datafileresult)?$/.exec(bare) ?? [];
  return id === undefined ? { template: bare, id: 0 } : { template: `${head}/{id}${rest}`, id: Number(id) };
}

/** Without a token, a page that somebody else made could ask in the name of who looks at it. Browsers say so. */
function refuseCrossSite({ req }: Exchange): void {
  const site = req.headers["sec-fetch-site"];
  if (site === "cross-site" || site === "same-site") throw crossSite();
}

/** The URL under which the client sees this host: its own, as far as it is one. */
function baseOf({ req }: Exchange): string {
  const { socket } = req;
  const scheme = (socket as Partial<TLSSocket>).encrypted === true ? "https" : "http";
  const host = req.headers.host ?? "";
  const valid = /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/.test(host);
  const address = socket.localAddress ?? "localhost";
  return `${scheme}://${valid ? host : `${address.includes(":") ? `[${address}]` : address}:${socket.localPort}`}`;
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

/** @returns undefined where the client is gone, and there is nobody to answer. */
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
