/** The endpoint of npm, yarn and pnpm. */

import { Problem, problemBody } from "../../http/problem.js";
import { methodNotAllowed, notFound } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import { isNpmName } from "../pypi/names.js";
import { type IndexPage, pageOf } from "../pypi/render-simple.js";
import { segmentsOf, sendPage } from "../pypi/routes.js";
import type { PackageRequest, RepositoryNode } from "../resolve/contract.js";
import type { CachedView, PackageService } from "../resolve/package-service.js";
import { noPackage, upstreamFailed } from "../resolve/problems.js";
import type { PackageView } from "../resolve/version-view.js";
import { type Packument, renderPackument, tagsOf } from "./document.js";
import { readJson, receivePublish, removeTag, setTag } from "./publish.js";

const SHORT_TYPE = "application/vnd.npm.install-v1+json";
/** Bases that one document is rendered for at a time: usually one. */
const BASES = 4;

export async function handleNpm(exchange: Exchange, request: PackageRequest, shelf: PackageService): Promise<void> {
  try {
    await answer(exchange, request, shelf);
  } catch (error) {
    // npm shows its user what is under "error", and nothing else.
    if (!(error instanceof Problem) || exchange.res.headersSent) throw error;
    exchange.verdict = error.verdict;
    exchange.cause = error.cause;
    const body = { ...problemBody(error, exchange.id), error: error.detail ?? error.title };
    exchange.json(error.status, body, { "Content-Type": "application/problem+json", ...error.headers });
  }
}

async function answer(exchange: Exchange, request: PackageRequest, shelf: PackageService): Promise<void> {
  const { repository, path } = request;
  const segments = segmentsOf(path.slice(1).replace(/\/$/, ""));
  const reading = exchange.method === "GET" || exchange.method === "HEAD";
  if (segments[0] === "-") return answerService(exchange, repository, segments.slice(1), shelf);
  const [name, ...rest] = nameOf(segments);
  if (name === undefined || !isNpmName(name)) throw notFound();
  if (rest.length === 0) {
    if (exchange.method === "PUT") return receivePublish(exchange, repository, name, shelf);
    if (!reading) throw methodNotAllowed("GET, HEAD, PUT");
    const shown = shelf.peek(repository, "npm", name) ?? (await shelf.show(repository, "npm", name));
    return sendPage(exchange, pageFor(exchange, shown, name, request));
  }
  if (!reading) throw methodNotAllowed("GET, HEAD");
  const [dash, file, ...more] = rest;
  if (dash === "-" && file !== undefined && more.length === 0) {
    return shelf.sendAsset(exchange, repository, "npm", name, file, (view) => findTarball(view, file));
  }
  if (dash !== undefined && file === undefined) return sendVersion(exchange, request, name, dash, shelf);
  throw notFound();
}

/** `@scope/name` in one segment, as npm writes it, or in two. */
function nameOf(segments: readonly string[]): readonly string[] {
  const [first = "", second, ...rest] = segments;
  if (!first.startsWith("@") || first.includes("/")) return segments;
  return second === undefined ? [] : [`${first}/${second}`, ...rest];
}

/** Below `/-/`. */
async function answerService(
  exchange: Exchange,
  repository: RepositoryNode,
  segments: readonly string[],
  shelf: PackageService,
): Promise<void> {
  const { method } = exchange;
  if (segments[0] === "ping" && segments.length === 1) return exchange.json(200, {});
  if (segments[0] === "whoami" && segments.length === 1) return exchange.json(200, { username: exchange.who });
  if (segments[0] !== "package") throw notFound();
  const [name, what, tag, ...more] = nameOf(segments.slice(1));
  if (name === undefined || what !== "dist-tags" || more.length > 0 || !isNpmName(name)) throw notFound();
  if (tag === undefined) {
    if (method !== "GET" && method !== "HEAD") throw methodNotAllowed("GET, HEAD");
    const { view } = await shelf.show(repository, "npm", name);
    return exchange.json(200, tagsOf(packumentOf(view, name, repository)));
  }
  if (method === "PUT" || method === "POST") {
    return setTag(exchange, repository, name, tag, await readJson(exchange, 1_024), shelf);
  }
  if (method === "DELETE") return removeTag(exchange, repository, name, tag, shelf);
  throw methodNotAllowed("PUT, DELETE");
}

/** @throws Problem where there is nothing to show */
function pageFor(exchange: Exchange, shown: CachedView, name: string, request: PackageRequest): IndexPage {
  const short = isShort(exchange.req.headers.accept);
  const key = `${short ? "short" : "full"} ${request.base}`;
  const known = shown.pages.get(key);
  if (known !== undefined) return known as IndexPage;
  const packument = packumentOf(shown.view, name, request.repository);
  const page = pageOf(renderPackument(packument, request.base, short), short ? SHORT_TYPE : "application/json");
  if (shown.pages.size >= 2 * BASES) shown.pages.clear();
  shown.pages.set(key, page);
  return page;
}

async function sendVersion(
  exchange: Exchange,
  { repository, base }: PackageRequest,
  name: string,
  wanted: string,
  shelf: PackageService,
): Promise<void> {
  const { view } = await shelf.show(repository, "npm", name);
  const packument = packumentOf(view, name, repository);
  const version = tagsOf(packument)[wanted] ?? wanted;
  const one = packument.versions.filter((entry) => entry.version.version === version);
  const document: unknown = JSON.parse(renderPackument({ ...packument, versions: one }, base, false).toString());
  const found = (document as { readonly versions: Readonly<Record<string, unknown>> }).versions[version];
  if (found === undefined) throw noPackage(`${name}@${wanted}`, repository.name);
  exchange.json(200, found, { "Cache-Control": "no-cache" });
}

function packumentOf(
  { versions: offers, tags, failures }: PackageView,
  name: string,
  repository: RepositoryNode,
): Packument {
  if (offers.size === 0) throw failures.length > 0 ? upstreamFailed(name, failures) : noPackage(name, repository.name);
  const versions = [...offers.values()].flatMap(({ version, assets }) => {
    const [first] = assets.values();
    return first === undefined ? [] : [{ version, asset: first.asset }];
  });
  return { name, versions, tags };
}

function findTarball(view: PackageView, file: string) {
  for (const offer of view.versions.values()) {
    const offered = offer.assets.get(file);
    if (offered !== undefined) return { offer, offered };
  }
  return undefined;
}

/** npm asks for the short form first, and takes the full one with less joy. */
function isShort(accept: string | undefined): boolean {
  const first = accept?.split(",")[0]?.split(";")[0]?.trim().toLowerCase();
  return first === SHORT_TYPE;
}
