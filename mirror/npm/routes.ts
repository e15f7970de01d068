/** The endpoint of npm, yarn and pnpm. */

import { notFound } from "../../http/problems.js";
import type { Method } from "../../http/routes/route.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { PackageCall, PackageRoute } from "../resolve/contract.js";
import { checkNotEmpty, type IndexPage, indexPage, sendPage } from "../resolve/index-page.js";
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
/** Bytes of a version as JSON. */
const MAX_TAG_BYTES = 1_024;

/** Scoped names come as one segment: see `npmPath`. */
export function npmRoutes(service: PackageService): readonly PackageRoute[] {
  const route = (method: Method, path: string, description: string, handle: PackageRoute["handle"]): PackageRoute => ({
    kind: "package",
    format: "npm",
    method,
    path,
    access: "token",
    responses: { 200: { description } },
    handle,
  });
  const tagPath = "/-/package/{name}/dist-tags/{tag}";
  const setTagOf = async (call: PackageCall) => {
    const value = await readJson(call.exchange, MAX_TAG_BYTES);
    await setTag(call.exchange, { wanted: wantedOf(call), tag: call.params.tag ?? "", value }, service);
  };
  return [
    route("GET", "/-/ping", "The registry answers.", ({ exchange }) => exchange.json(200, {})),
    route("GET", "/-/whoami", "The caller.", ({ exchange }) => exchange.json(200, { username: exchange.who })),
    route("GET", "/-/package/{name}/dist-tags", "The tags of a package.", async (call) => {
      const wanted = wantedOf(call);
      const { view } = await service.views.show(wanted);
      call.exchange.json(200, tagsOf(packumentOf(view, wanted)));
    }),
    route("PUT", tagPath, "The tag is set.", setTagOf),
    route("POST", tagPath, "The tag is set.", setTagOf),
    route("DELETE", tagPath, "The tag is removed.", (call) =>
      removeTag(call.exchange, { wanted: wantedOf(call), tag: call.params.tag ?? "" }, service),
    ),
    route("GET", "/{name}", "The document of a package.", async (call) => {
      const { exchange, request } = call;
      const wanted = wantedOf(call);
      const cached = service.views.peek(wanted) ?? (await service.views.show(wanted));
      sendPage(exchange, pageFor(exchange, cached, wanted, request.base));
    }),
    route("PUT", "/{name}", "The version is published.", (call) =>
      receivePublish(call.exchange, wantedOf(call), service),
    ),
    route("GET", "/{name}/-/{file}", "A tarball.", (call) => {
      const file = call.params.file ?? "";
      const find = (view: PackageView) => findTarball(view, file);
      return service.sendAsset(call.exchange, { wanted: wantedOf(call), file, find });
    }),
    route("GET", "/{name}/{version}", "The manifest of a version or tag.", (call) => sendVersion(call, service)),
  ];
}

/** @throws Problem of status 404 for what is no name of a package */
function wantedOf({ params, request: { repository } }: PackageCall): RepositoryPackage {
  const { name = "" } = params;
  // "-" is where the registry's own routes are.
  if (name === "-" || !isNpmName(name)) throw notFound();
  return { repository, format: "npm", name };
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

async function sendVersion(call: PackageCall, service: PackageService): Promise<void> {
  const { exchange, params, request } = call;
  const wanted = wantedOf(call);
  const named = params.version ?? "";
  const { view } = await service.views.show(wanted);
  const packument = packumentOf(view, wanted);
  const version = tagsOf(packument)[named] ?? named;
  const one = packument.versions.filter((entry) => entry.version.version === version);
  const rendered = renderPackument({ ...packument, versions: one }, request.base, false);
  const { versions } = JSON.parse(rendered.toString()) as { readonly versions: Readonly<Record<string, unknown>> };
  const found = versions[version];
  if (found === undefined) throw noPackage(`${wanted.name}@${named}`, wanted.repository.name);
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
