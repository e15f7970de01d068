/** The endpoint of pip, uv, poetry and twine. */
import { evaluate } from "../../http/headers/conditions.js";
import { methodNotAllowed, notFound, preconditionFailed } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { PackageRequest, RepositoryNode } from "../resolve/contract.js";
import type { CachedView, PackageService } from "../resolve/package-service.js";
import { noPackage, upstreamFailed } from "../resolve/problems.js";
import type { PackageView } from "../resolve/version-view.js";
import { walk } from "../resolve/walk.js";
import { normalizeProject } from "./names.js";
import {
  chooseType,
  HTML_TYPE,
  type IndexPage,
  JSON_TYPE,
  pageOf,
  renderHtml,
  renderJson,
  renderProjectsHtml,
  renderProjectsJson,
} from "./render-simple.js";
import { receiveUpload } from "./upload.js";

const PREFIX = "/simple/";

export async function handlePypi(exchange: Exchange, request: PackageRequest, shelf: PackageService): Promise<void> {
  const { path, repository } = request;
  const reading = exchange.method === "GET" || exchange.method === "HEAD";
  if (path === "/" || path === "/legacy/" || path === "") {
    if (exchange.method !== "POST") throw methodNotAllowed("POST");
    return receiveUpload(exchange, repository, shelf);
  }
  if (path === "/simple") return redirect(exchange, "simple/");
  if (!path.startsWith(PREFIX)) throw notFound();
  if (!reading) throw methodNotAllowed("GET, HEAD");
  const [project = "", ...rest] = segmentsOf(path.slice(PREFIX.length));
  if (project === "" && rest.length === 0) return sendProjects(exchange, repository, shelf);
  const name = normalizeProject(project);
  if (name === undefined) throw notFound();
  const [version, file] = rest;
  if (rest.length === 0) return redirect(exchange, `${name}/`);
  if (rest.length === 1 && version === "") {
    if (name !== project) return redirect(exchange, `../${name}/`);
    const shown = shelf.peek(repository, "pypi", name) ?? (await shelf.show(repository, "pypi", name));
    return sendPage(exchange, pageFor(exchange, shown, name, repository));
  }
  if (rest.length !== 2 || version === undefined || file === undefined || name !== project) throw notFound();
  const find = (view: PackageView, wanted: string) => {
    const offer = view.versions.get(version);
    const offered = offer?.assets.get(wanted);
    return offer === undefined || offered === undefined ? undefined : { offer, offered };
  };
  const wheel = file.endsWith(".metadata") ? file.slice(0, -".metadata".length) : undefined;
  if (wheel !== undefined) return shelf.sendMetadata(exchange, repository, name, wheel, (view) => find(view, wheel));
  return shelf.sendAsset(exchange, repository, "pypi", name, file, (view) => find(view, file));
}

/** @throws Problem where there is nothing to show */
function pageFor(exchange: Exchange, { view, pages }: CachedView, name: string, repository: RepositoryNode): IndexPage {
  const type = chooseType(exchange.req.headers.accept);
  const known = pages.get(type);
  if (known !== undefined) return known as IndexPage;
  if (view.versions.size === 0) {
    throw view.failures.length > 0 ? upstreamFailed(name, view.failures) : noPackage(name, repository.name);
  }
  const files = [...view.versions].flatMap(([version, { assets }]) =>
    [...assets.values()].map(({ asset }) => ({ version, asset })),
  );
  const body = type === JSON_TYPE ? renderJson(name, files) : renderHtml(name, files);
  const page = pageOf(body, withCharset(type));
  pages.set(type, page);
  return page;
}

/** What the repository and its upstreams have; what an external index has besides is not known. */
function sendProjects(exchange: Exchange, repository: RepositoryNode, { dependencies: parts }: PackageService): void {
  const names = new Set<string>();
  for (const { node, connection } of walk(repository, "pypi", parts.repositories, () => true)) {
    if (connection !== undefined) continue;
    for (const { format, name, versions } of parts.records.all(node.id)) {
      if (format === "pypi" && Object.keys(versions).length > 0) names.add(name);
    }
  }
  const type = chooseType(exchange.req.headers.accept);
  const sorted = [...names].sort();
  const body = type === JSON_TYPE ? renderProjectsJson(sorted) : renderProjectsHtml(sorted);
  sendPage(exchange, pageOf(body, withCharset(type)));
}

export function sendPage(exchange: Exchange, { body, etag, type }: IndexPage): void {
  const { method, req } = exchange;
  const verdict = evaluate(method, req.headers, { etag, modifiedMs: Number.POSITIVE_INFINITY });
  if (verdict === "failed") throw preconditionFailed();
  const headers = { "Content-Type": type, ETag: etag, "Cache-Control": "no-cache", Vary: "Accept" };
  if (verdict === "not-modified") exchange.answer(304, headers);
  else exchange.answer(200, method === "HEAD" ? { ...headers, "Content-Length": body.length } : headers, body);
}

/** Relative, so that it holds behind any proxy. */
function redirect(exchange: Exchange, location: string): void {
  exchange.answer(301, { Location: location, "Cache-Control": "max-age=86400" });
}

const withCharset = (type: string) => (type === JSON_TYPE || type === HTML_TYPE ? type : `${type}; charset=utf-8`);

/** @throws Problem */
export function segmentsOf(path: string): string[] {
  try {
    return path.split("/").map((segment) => decodeURIComponent(segment));
  } catch {
    throw notFound();
  }
}
