/** The files of a host: what a directory has, uploads, removals, and links for downloads. */
import { Type } from "@sinclair/typebox";
import { defined } from "../../../base/defined.js";
import { filesPath } from "../../../client/agent/remote-path.js";
import type { HttpResponse } from "../../../http/client/http-client.js";
import { malformedTarget, notFound } from "../../../http/problems.js";
import type { ListingDocument } from "../../documents.js";
import type { Backend } from "../backend.js";
import { noAgent } from "../problems.js";
import { readDocument } from "../read-document.js";
import { contentOf, relay, untilClosed } from "../relay.js";
import { NO_STORE, type UiCall, type UiRoute, uiRoute } from "../route.js";
import type { Services } from "../services.js";
import type { Download, Session } from "../sessions.js";

const FILE = "/api/hosts/{host}/files/{path...}";
/** The agent flushes a large file to its disk before it answers. */
const STORE_MS = 15 * 60_000;

const Wanted = Type.Union([
  Type.Object({ path: Type.String({ minLength: 1, maxLength: 4096 }) }, { additionalProperties: false }),
  Type.Object({ job: Type.String({ pattern: "^[A-Za-z0-9_-]{1,64}$" }) }, { additionalProperties: false }),
]);

export function fileRoutes({ backend, sessions }: Pick<Services, "backend" | "sessions">): UiRoute[] {
  return [
    uiRoute("GET", FILE, async ({ exchange, params }) => {
      const client = await clientOf(backend, params.host);
      const path = decodePath(params.path);
      const { entries, not_shown = 0 } = await client.listing(path, { signal: untilClosed(exchange) });
      const document: ListingDocument = { path, entries, not_shown };
      exchange.json(200, document, NO_STORE);
    }),
    uiRoute("PUT", FILE, async ({ exchange, params }) => {
      const { transport } = await clientOf(backend, params.host);
      const { headers } = exchange.req;
      const path = filesPath(decodePath(params.path));
      const content = contentOf(exchange);
      const sending = transport.send({
        method: "PUT",
        path,
        // "If-None-Match: *" replaces no file: the page asks first.
        headers: defined({ "Content-Length": headers["content-length"], "If-None-Match": headers["if-none-match"] }),
        body: content.body,
        answerTimeout: STORE_MS,
        signal: untilClosed(exchange),
      });
      const response = await sending.catch(async (error: unknown) => {
        await content.drop();
        throw error;
      });
      response.body.resume();
      exchange.answer(response.status, NO_STORE);
    }),
    uiRoute("DELETE", FILE, async ({ exchange, params }) => {
      const client = await clientOf(backend, params.host);
      await client.remove(decodePath(params.path), { signal: untilClosed(exchange) });
      exchange.answer(204, NO_STORE);
    }),
    uiRoute("POST", "/api/hosts/{host}/downloads", async ({ exchange, params: { host = "" }, admitted }) => {
      const wanted = await readDocument(exchange, Wanted);
      const what: Download =
        "path" in wanted ? { kind: "file", host, path: wanted.path } : { kind: "output", host, job: wanted.job };
      const ticket = sessions.offerDownload(admitted as Session, what);
      exchange.json(201, { url: `/download/${ticket}` }, NO_STORE);
    }),
    uiRoute("GET", "/download/{ticket}", (call) => sendDownload(call, { backend, sessions }), "cookie"),
  ];
}

async function sendDownload(
  { exchange, params, admitted }: UiCall,
  { backend, sessions }: Pick<Services, "backend" | "sessions">,
): Promise<void> {
  const what = sessions.download(admitted as Session, params.ticket ?? "");
  if (what === undefined) throw notFound();
  const { transport } = await clientOf(backend, what.host);
  const { range, "if-range": ifRange } = exchange.req.headers;
  const response = await transport.send({
    method: exchange.method === "HEAD" ? "HEAD" : "GET",
    path: what.kind === "file" ? filesPath(what.path) : `/v1/jobs/${what.job}/output`,
    headers: defined({ Range: range, "If-Range": typeof ifRange === "string" ? ifRange : undefined }),
    signal: untilClosed(exchange),
  });
  await relay(exchange, response, {
    ...NO_STORE,
    ...passedOn(response),
    "Content-Type": "application/octet-stream",
    "Content-Disposition": attachment(what.kind === "file" ? (what.path.split("/").at(-1) ?? "") : `${what.job}.out`),
    // A file of a host is never a document of this origin.
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
  });
}

function passedOn({ headers }: HttpResponse): Record<string, string> {
  const names = ["content-length", "content-range", "accept-ranges", "etag", "last-modified"];
  return Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}

/** RFC 6266 and 8187: a name in ASCII for old programs, and the name as it is. */
export function attachment(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%;]/g, "_");
  const whole = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}

export async function clientOf(backend: Pick<Backend, "agent">, host = "") {
  const client = await backend.agent(host);
  if (client === undefined) throw noAgent(host);
  return client;
}

/** Each name is decoded once, after the split: no encoding of a slash makes another name of it. */
function decodePath(raw = ""): string {
  const names = raw.split("/").map((name) => {
    try {
      return decodeURIComponent(name);
    } catch {
      throw malformedTarget();
    }
  });
  if (names.some((name) => name.includes("/"))) throw malformedTarget();
  return names.join("/");
}
