/**
 * A project's page of a simple index, as HTML (PEP 503) or JSON (PEP 691), with metadata files (PEP 658, 714),
 * yanking (PEP 592) and sizes (PEP 700). Files that are no wheel or source archive of the project are left out.
 */

import { defined } from "../../base/defined.js";
import { isObject } from "../is-object.js";
import type { Asset, Hashes, IndexDocument, Version } from "../resolve/model.js";
import { ALGORITHMS } from "../store/transfer.js";
import { parsePythonFile } from "./names.js";

const SIMPLE_JSON = /^application\/vnd\.pypi\.simple\.v(\d+)\+json/i;

/** The Accept header for an index. */
export const SIMPLE_ACCEPT =
  "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/**
 * @param project normalised
 * @param page where the document came from
 * @throws Error that says what is wrong
 */
export function parseSimple(text: string, contentType: string, project: string, page: URL): IndexDocument {
  const major = SIMPLE_JSON.exec(contentType)?.[1];
  if (major !== undefined && major !== "1") throw new Error(`speaks version ${major} of PEP 691`);
  const isJson = major !== undefined || /^application\/json/i.test(contentType);
  const assets = isJson ? parseJson(text, page) : parseHtml(text, page);
  return { versions: byVersion(assets, project), tags: {} };
}

export function byVersion(assets: Iterable<Asset>, project: string): ReadonlyMap<string, Version> {
  const versions = new Map<string, Map<string, Asset>>();
  for (const asset of assets) {
    const file = parsePythonFile(asset.name, project);
    if (file === undefined) continue;
    let files = versions.get(file.version);
    if (files === undefined) {
      files = new Map();
      versions.set(file.version, files);
    }
    // The first file of a name counts, as in pip.
    if (!files.has(asset.name)) files.set(asset.name, asset);
  }
  return new Map([...versions].map(([version, files]) => [version, { version, assets: [...files.values()] }]));
}

function parseJson(text: string, page: URL): Asset[] {
  const document: unknown = JSON.parse(text);
  if (!isObject(document) || !Array.isArray(document.files)) throw new Error('has no "files"');
  const assets: Asset[] = [];
  for (const file of document.files as unknown[]) {
    if (!isObject(file) || typeof file.filename !== "string" || typeof file.url !== "string") continue;
    const url = httpUrl(file.url, page);
    if (url === undefined) continue;
    const metadata = [file["core-metadata"], file["dist-info-metadata"], file["data-dist-info-metadata"]].find(
      (value) => value !== undefined && value !== null,
    );
    assets.push({
      name: file.filename,
      url: withoutFragment(url),
      hashes: isObject(file.hashes) ? hashesOf(Object.entries(file.hashes)) : {},
      ...defined({
        size: isSize(file.size) ? file.size : undefined,
        requiresPython: typeof file["requires-python"] === "string" ? file["requires-python"] : undefined,
      }),
      ...(metadata === true ? { metadata: {} } : isObject(metadata) ? { metadata: sha256Of(metadata.sha256) } : {}),
      ...(file.yanked === true ? { yanked: "" } : typeof file.yanked === "string" ? { yanked: file.yanked } : {}),
      ...defined({ uploaded: typeof file["upload-time"] === "string" ? file["upload-time"] : undefined }),
    });
  }
  return assets;
}

// Outside quotes, no "<": a search that begins at each of many would end at the last of them.
const ANCHOR = /<(a|base)\b((?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))?)*)\s*\/?>([^<]*)/gi;
const ATTRIBUTE = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?/g;
const META = /<meta\s([^<>]*)>/gi;

function parseHtml(text: string, page: URL): Asset[] {
  const html = withoutComments(text);
  if (!/<(?:!doctype html|html|a|body|head)\b/i.test(html)) throw new Error("is neither HTML nor JSON");
  const metas = [...html.matchAll(META)].map(([, list = ""]) => attributesOf(list));
  const versioned = metas.find((meta) => meta.get("name")?.toLowerCase() === "pypi:repository-version");
  const version = /^\d+/.exec(versioned?.get("content") ?? "")?.[0];
  if (version !== undefined && version !== "1") throw new Error(`speaks version ${version} of PEP 503`);
  let base = page;
  const assets: Asset[] = [];
  for (const [, tag = "", list = "", label = ""] of html.matchAll(ANCHOR)) {
    const attributes = attributesOf(list);
    const href = attributes.get("href");
    if (href === undefined) continue;
    if (tag.toLowerCase() === "base") {
      base = httpUrl(href, page) ?? page;
      continue;
    }
    const url = httpUrl(href, base);
    if (url === undefined) continue;
    const metadata = attributes.get("data-core-metadata") ?? attributes.get("data-dist-info-metadata");
    const requiresPython = attributes.get("data-requires-python");
    const yanked = attributes.get("data-yanked");
    assets.push(
      defined({
        // pip uses the name in the URL.
        name: fileOf(url) ?? decode(label).trim(),
        url: withoutFragment(url),
        hashes: hashesOf([...new URLSearchParams(url.hash.slice(1))]),
        requiresPython: requiresPython === undefined || requiresPython === "" ? undefined : requiresPython,
        metadata:
          metadata === undefined || metadata === "false" ? undefined : sha256Of(/^sha256=(.*)$/.exec(metadata)?.[1]),
        yanked,
      }),
    );
  }
  return assets;
}

/** A comment without an end reaches to the end. */
function withoutComments(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf("<!--"); at >= 0; at = text.indexOf("<!--", from)) {
    parts.push(text.slice(from, at));
    const end = text.indexOf("-->", at + 4);
    if (end < 0) return parts.join("");
    from = end + 3;
  }
  return parts.join("") + text.slice(from);
}

function attributesOf(list: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single, bare] of list.matchAll(ATTRIBUTE)) {
    attributes.set(name.toLowerCase(), decode(double ?? single ?? bare ?? ""));
  }
  return attributes;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (whole, decimal, hex, name: string) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0x10ffff ? whole : String.fromCodePoint(code);
  });
}

function httpUrl(href: string, base: URL): URL | undefined {
  if (!URL.canParse(href, base.href)) return undefined;
  const url = new URL(href, base);
  return url.protocol === "https:" || url.protocol === "http:" ? url : undefined;
}

function fileOf(url: URL): string | undefined {
  const last = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  try {
    return last === "" ? undefined : decodeURIComponent(last);
  } catch {
    return undefined;
  }
}

function withoutFragment(url: URL): string {
  const bare = new URL(url);
  bare.hash = "";
  return bare.href;
}

const HEX: Readonly<Record<string, number>> = { sha256: 64, sha512: 128, sha384: 96, sha1: 40, md5: 32 };

/** The hashes that can be verified. */
export function hashesOf(entries: Iterable<readonly [string, unknown]>): Hashes {
  const hashes: Record<string, string> = {};
  for (const [name, value] of entries) {
    const algorithm = ALGORITHMS.find((known) => known === name.toLowerCase());
    if (algorithm === undefined || typeof value !== "string") continue;
    const hex = value.toLowerCase();
    if (hex.length === HEX[algorithm] && /^[0-9a-f]+$/.test(hex)) hashes[algorithm] = hex;
  }
  return hashes;
}

function sha256Of(value: unknown): { readonly sha256?: string } {
  const { sha256 } = hashesOf([["sha256", value]]);
  return sha256 === undefined ? {} : { sha256 };
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
