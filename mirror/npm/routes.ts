/** The endpoint of npm, yarn and pnpm. */

import { Problem, problemBody } from "../../http/problem.js";
import { methodNotAllowed, notFound } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { PackageRequest, RepositoryNode } from "../resolve/contract.js";
import { checkNotEmpty, type IndexPage, indexPage, segmentsOf, sendPage } from "../resolve/index-page.js";
import type { PackageService } from "../resolve/package-service.js";
import type { CachedView, RepositoryPackage } from "../resolve/package-views.js";
import { noPackage } from "../resolve/problems.js";
import type { PackageView } from "../resolve/version-view.js";
import { type Packument, renderPackument, tagsOf } from "./document.js";
import { isNpmName } from "./names.js";
import { readJson, receivePublish, removeTag, setTag } from "./publish.js";

const SHORT_TYPE = "application/vnd.npm.install-v1+json";
/** Base URLs for which one document is kept rendered. Usually there is one. */
const MAX_BASES = 4;

export async function handleNpm(exchange: Exchange, request: PackageRequest, service: PackageService): Promise<void> {
  try {
    await dispatch(exchange, request, service);
  } catch (error) {
    // npm shows its user only the field "error".
    if (!(error instanceof Problem) || exchange.res.headersSent) throw error;
    exchange.verdict = error.verdict;
    exchange.cause = error.cause;
    const body = { ...problemBody(error, exchange.id), error: error.detail ?? error.title };
    exchange.json(error.status, body, { "Content-Type": "application/problem+json", ...error.headers });
  }
}

async function dispatch(exchange: Exchange, request: PackageRequest, service: PackageService): Promise<void> {
  const { repository, path } = request;
  const segments = segmentsOf(path.slice(1).replace(/\/$/, ""));
  const reading = exchange.method === "GET" || exchange.method === "HEAD";
  if (segments[0] === "-") return answerService(exchange, repository, segments.slice(1), service);
  const [name, ...rest] = nameOf(segments);
  if (name === undefined || !isNpmName(name)) throw notFound();
  const wanted: RepositoryPackage = { repository, format: "npm", name };
  if (rest.length === 0) {
    if (exchange.method === "PUT") return receivePublish(exchange, wanted, service);
    if (!reading) throw methodNotAllowed("GET, HEAD, PUT");
    const cached = service.views.peek(wanted) ?? (await service.views.show(wanted));
    return sendPage(exchange, pageFor(exchange, cached, wanted, request.base));
  }
  if (!reading) throw methodNotAllowed("GET, HEAD");
  const [dash, file, ...more] = rest;
  if (dash === "-" && file !== undefined && more.length === 0) {
    return service.sendAsset(exchange, { wanted, file, find: (view) => findTarball(view, file) });
  }
  if (dash !== undefined && file === undefined)
    return sendVersion(exchange, { wanted, version: dash, base: request.base }, service);
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
  service: PackageService,
): Promise<void> {
  const { method } = exchange;
  if (segments[0] === "ping" && segments.length === 1) return exchange.json(200, {});
  if (segments[0] === "whoami" && segments.length === 1) return exchange.json(200, { username: exchange.who });
  if (segments[0] !== "package") throw notFound();
  const [name, what, tag, ...more] = nameOf(segments.slice(1));
  if (name === undefined || what !== "dist-tags" || more.length > 0 || !isNpmName(name)) throw notFound();
  const wanted: RepositoryPackage = { repository, format: "npm", name };
  if (tag === undefined) {
    if (method !== "GET" && method !== "HEAD") throw methodNotAllowed("GET, HEAD");
    const { view } = await service.views.show(wanted);
    return exchange.json(200, tagsOf(packumentOf(view, wanted)));
  }
  if (method === "PUT" || method === "POST") {
    return setTag(exchange, { wanted, tag, value: await readJson(exchange, 1_024) }, service);
  }
  if (method === "DELETE") return removeTag(exchange, { wanted, tag }, service);
  throw methodNotAllowed("PUT, DELETE");
}

/** @throws Problem if there is no version to show */
function pageFor(exchange: Exchange, cached: CachedView, wanted: RepositoryPackage, base: string): IndexPage {
  const short = isShort(exchange.req.headers.accept);
  const key = `${short ? "short" : "full"} ${base}`;
  const known = cached.pages.get(key);
  if (known !== undefined) return known as IndexPage;
  const packument = packumentOf(cached.view, wanted);
  const page = indexPage(renderPackument(packument, base, short), short ? SHORT_TYPE : "application/json");
  if (cached.pages.size >= 2 * MAX_BASES) cached.pages.clear();
  cached.pages.set(key, page);
  return page;
}

interface VersionRequest {
  readonly wanted: RepositoryPackage;
  /** A version or a tag. */
  readonly version: string;
  /** URL of the repository. */
  readonly base: string;
}

async function sendVersion(exchange: Exchange, request: VersionRequest, service: PackageService): Promise<void> {
  const { wanted, base } = request;
  const { view } = await service.views.show(wanted);
  const packument = packumentOf(view, wanted);
  const version = tagsOf(packument)[request.version] ?? request.version;
  const one = packument.versions.filter((entry) => entry.version.version === version);
  const document: unknown = JSON.parse(renderPackument({ ...packument, versions: one }, base, false).toString());
  const found = (document as { readonly versions: Readonly<Record<string, unknown>> }).versions[version];
  if (found === undefined) throw noPackage(`${wanted.name}@${request.version}`, wanted.repository.name);
  exchange.json(200, found, { "Cache-Control": "no-cache" });
}

function packumentOf(view: PackageView, { name, repository }: RepositoryPackage): Packument {
  checkNotEmpty(view, name, repository.name);
  const versions = [...view.versions.values()].flatMap(({ version, assets }) => {
    const [first] = assets.values();
    return first === undefined ? [] : [{ version, asset: first.asset }];
  });
  return { name, versions, tags: view.tags };
}

function findTarball({ versions }: PackageView, file: string) {
  for (const version of versions.values()) {
    const entry = version.assets.get(file);
    if (entry !== undefined) return { version, entry };
  }
  return undefined;
}

/** npm lists the form that it prefers first, and always accepts the full one as well. */
function isShort(accept: string | undefined): boolean {
  const first = accept?.split(",")[0]?.split(";")[0]?.trim().toLowerCase();
  return first === SHORT_TYPE;
}
