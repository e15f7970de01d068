/** The endpoint of pip, uv, Poetry and twine. */

import { notFound } from "../../http/problems.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { PackageCall, PackageRoute, RepositoryNode } from "../resolve/contract.js";
import { checkNotEmpty, type IndexPage, indexPage, sendPage } from "../resolve/index-page.js";
import type { Asset } from "../resolve/model.js";
import type { PackageService } from "../resolve/package-service.js";
import type { CachedView, RepositoryPackage } from "../resolve/package-views.js";
import type { PackageView } from "../resolve/version-view.js";
import { walk } from "../resolve/walk.js";
import type { Blobs } from "../store/blobs.js";
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

export function pypiRoutes(service: PackageService): readonly PackageRoute[] {
  const get = (path: string, description: string, handle: PackageRoute["handle"]): PackageRoute => ({
    kind: "package",
    format: "pypi",
    method: "GET",
    path,
    access: "token",
    responses: { 200: { description } },
    handle,
  });
  return [
    {
      kind: "package",
      format: "pypi",
      method: "POST",
      path: "/",
      aliases: ["", "/legacy/"],
      access: "token",
      responses: { 200: { description: "The file is published." } },
      handle: ({ exchange, request }) => receiveUpload(exchange, request.repository, service),
    },
    get("/simple", "The list of projects.", ({ exchange }) => redirect(exchange, "simple/")),
    get("/simple/", "The list of projects.", ({ exchange, request }) => {
      sendProjects(exchange, request.repository, service);
    }),
    get("/simple/{project}", "The page of a project.", (call) => {
      redirect(call.exchange, `${wantedOf(call).name}/`);
    }),
    get("/simple/{project}/", "The page of a project.", async (call) => {
      const { exchange, params } = call;
      const wanted = wantedOf(call);
      if (wanted.name !== params.project) return redirect(exchange, `../${wanted.name}/`);
      const cached = service.views.peek(wanted) ?? (await service.views.show(wanted));
      sendPage(exchange, pageFor(exchange, cached, wanted, service.dependencies.blobs));
    }),
    get("/simple/{project}/{version}/{file}", "A file, or the metadata of a wheel.", (call) => sendFile(call, service)),
  ];
}

/** @throws Problem of status 404 for what is no name of a project */
function wantedOf({ params, request: { repository } }: PackageCall): RepositoryPackage {
  const name = normalizeProject(params.project ?? "");
  if (name === undefined) throw notFound();
  return { repository, format: "pypi", name };
}

async function sendFile(call: PackageCall, service: PackageService): Promise<void> {
  const { exchange, params } = call;
  const { project, version = "", file = "" } = params;
  const wanted = wantedOf(call);
  if (wanted.name !== project) throw notFound();
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
function pageFor(
  exchange: Exchange,
  { view, pages }: CachedView,
  { name, repository }: RepositoryPackage,
  blobs: Blobs,
): IndexPage {
  const type = chooseType(exchange.req.headers.accept);
  const known = pages.get(type);
  if (known !== undefined) return known as IndexPage;
  checkNotEmpty(view, name, repository.name);
  const files = [...view.versions].flatMap(([version, { assets }]) =>
    [...assets.values()].map(({ asset }) => ({ version, asset: withStoredMetadata(asset, blobs) })),
  );
  const body = type === JSON_TYPE ? renderJson(name, files) : renderHtml(name, files);
  const page = indexPage(body, withCharset(type));
  pages.set(type, page);
  return page;
}

/** An upstream's digest of metadata is passed on once it is verified: if it is wrong, the wheel's own are sent. */
function withStoredMetadata(asset: Asset, blobs: Blobs): Asset {
  const sha256 = asset.metadata?.sha256;
  return sha256 === undefined || blobs.has(sha256) ? asset : { ...asset, metadata: {} };
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
