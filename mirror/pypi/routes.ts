/** The endpoint of pip, uv, Poetry and twine. */

import { methodNotAllowed, notFound } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { PackageRequest, RepositoryNode } from "../resolve/contract.js";
import { checkNotEmpty, type IndexPage, indexPage, segmentsOf, sendPage } from "../resolve/index-page.js";
import type { PackageService } from "../resolve/package-service.js";
import type { CachedView, RepositoryPackage } from "../resolve/package-views.js";
import type { PackageView } from "../resolve/version-view.js";
import { walk } from "../resolve/walk.js";
import { normalizeProject } from "./names.js";
import {
  chooseType,
  HTML_TYPE,
  JSON_TYPE,
  renderHtml,
  renderJson,
  renderProjectsHtml,
  renderProjectsJson,
} from "./render-simple.js";
import { receiveUpload } from "./upload.js";

const PREFIX = "/simple/";

export async function handlePypi(exchange: Exchange, request: PackageRequest, service: PackageService): Promise<void> {
  const { path, repository } = request;
  if (path === "/" || path === "/legacy/" || path === "") {
    if (exchange.method !== "POST") throw methodNotAllowed("POST");
    return receiveUpload(exchange, repository, service);
  }
  if (path === "/simple") return redirect(exchange, "simple/");
  if (!path.startsWith(PREFIX)) throw notFound();
  if (exchange.method !== "GET" && exchange.method !== "HEAD") throw methodNotAllowed("GET, HEAD");
  const [project = "", ...rest] = segmentsOf(path.slice(PREFIX.length));
  if (project === "" && rest.length === 0) return sendProjects(exchange, repository, service);
  const name = normalizeProject(project);
  if (name === undefined) throw notFound();
  const wanted: RepositoryPackage = { repository, format: "pypi", name };
  const [version, file] = rest;
  if (rest.length === 0) return redirect(exchange, `${name}/`);
  if (rest.length === 1 && version === "") {
    if (name !== project) return redirect(exchange, `../${name}/`);
    const cached = service.views.peek(wanted) ?? (await service.views.show(wanted));
    return sendPage(exchange, pageFor(exchange, cached, wanted));
  }
  if (rest.length !== 2 || version === undefined || file === undefined || name !== project) throw notFound();
  const find = (named: string) => (view: PackageView) => {
    const found = view.versions.get(version);
    const entry = found?.assets.get(named);
    return found === undefined || entry === undefined ? undefined : { version: found, entry };
  };
  if (!file.endsWith(".metadata")) return service.sendAsset(exchange, { wanted, file, find: find(file) });
  const wheel = file.slice(0, -".metadata".length);
  return service.sendMetadata(exchange, { wanted, file: wheel, find: find(wheel) });
}

/** @throws Problem if there is no version to show */
function pageFor(exchange: Exchange, { view, pages }: CachedView, { name, repository }: RepositoryPackage): IndexPage {
  const type = chooseType(exchange.req.headers.accept);
  const known = pages.get(type);
  if (known !== undefined) return known as IndexPage;
  checkNotEmpty(view, name, repository.name);
  const files = [...view.versions].flatMap(([version, { assets }]) =>
    [...assets.values()].map(({ asset }) => ({ version, asset })),
  );
  const body = type === JSON_TYPE ? renderJson(name, files) : renderHtml(name, files);
  const page = indexPage(body, withCharset(type));
  pages.set(type, page);
  return page;
}

/** Lists what the repository and its upstreams hold. An external index has more, but is not asked for its list. */
function sendProjects(exchange: Exchange, repository: RepositoryNode, { dependencies }: PackageService): void {
  const names = new Set<string>();
  for (const { kind, node } of walk(repository, "pypi", dependencies.repositories, () => true)) {
    if (kind === "connection") continue;
    for (const { format, name, versions } of dependencies.records.all(node.id)) {
      if (format === "pypi" && Object.keys(versions).length > 0) names.add(name);
    }
  }
  const type = chooseType(exchange.req.headers.accept);
  const sorted = [...names].sort();
  const body = type === JSON_TYPE ? renderProjectsJson(sorted) : renderProjectsHtml(sorted);
  sendPage(exchange, indexPage(body, withCharset(type)));
}

/** Relative, so that it works behind any proxy. */
function redirect(exchange: Exchange, location: string): void {
  exchange.answer(301, { Location: location, "Cache-Control": "max-age=86400" });
}

const withCharset = (type: string) => (type === JSON_TYPE || type === HTML_TYPE ? type : `${type}; charset=utf-8`);
