/** A simple index (PEP 503, PEP 691) or an npm registry, by its URL. */

import { defined } from "../../base/defined.js";
import { parsePackument } from "../npm/document.js";
import type { PackageFormat } from "../package-format.js";
import { parseSimple, SIMPLE_ACCEPT } from "../pypi/parse-simple.js";
import type { IndexDocument } from "../resolve/model.js";
import type { Download } from "../store/transfer.js";
import type { Connection, FetchedIndex } from "./connection.js";
import { UpstreamError } from "./errors.js";
import { type FetchOptions, fetchUpstream, readDocument, type UpstreamResponse } from "./fetch.js";
import type { UpstreamLimits } from "./limits.js";

/** Of a `.metadata` file. */
const METADATA_BYTES = 8 * 1024 * 1024;
/** Statuses that say that the upstream itself is in trouble, not one of its packages. */
const IN_TROUBLE = new Set([429, 502, 503, 504]);

export function httpIndex(name: string, format: PackageFormat, index: URL, limits: UpstreamLimits): Connection {
  const base = new URL(index);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  // Without credentials, and so in errors and logs.
  const options = { upstream: name, limits };

  const get = async (url: URL, headers: Record<string, string>, signal?: AbortSignal): Promise<UpstreamResponse> => {
    // What an index links to may be elsewhere; its credentials are for its own origin.
    const target = new URL(url);
    if (target.origin === base.origin) [target.username, target.password] = [base.username, base.password];
    const all: FetchOptions = { ...options, headers, ...defined({ signal }) };
    return fetchUpstream(target, all);
  };

  const open = async (url: string | undefined, what: string, most: number, signal?: AbortSignal): Promise<Download> => {
    if (url === undefined) throw new UpstreamError(`the upstream ${name} has no address for "${what}"`, false);
    const { status, headers, body } = await get(new URL(url), { "Accept-Encoding": "identity" }, signal);
    const encoding = headers["content-encoding"] ?? "identity";
    if (status !== 200 || encoding !== "identity") {
      body.destroy();
      const how = status === 200 ? `in the encoding "${encoding}"` : `with status ${status}`;
      throw new UpstreamError(`the upstream ${name} answered "${what}" ${how}`, IN_TROUBLE.has(status));
    }
    const length = headers["content-length"] === undefined ? undefined : Number(headers["content-length"]);
    if (length !== undefined && length > most) {
      body.destroy();
      throw new UpstreamError(`the upstream ${name} sends more than ${most} bytes of "${what}"`, false);
    }
    return defined({ body, length });
  };

  return {
    name,
    format,
    ttlMs: limits.indexTtlMs,
    async index(packageName, previous) {
      const page = pageOf(base, format, packageName);
      const answer = await get(
        page,
        defined({
          Accept: format === "pypi" ? SIMPLE_ACCEPT : "application/json",
          "Accept-Encoding": "gzip",
          "If-None-Match": previous?.etag === undefined ? undefined : previous.etag,
        }),
      );
      const { status, headers, body } = answer;
      if (status === 304 && previous !== undefined) {
        body.resume();
        return previous;
      }
      if (status === 404 || status === 410) {
        body.resume();
        return previous?.document === undefined && previous !== undefined
          ? previous
          : { document: undefined, bytes: 0 };
      }
      if (status !== 200) {
        body.destroy();
        throw new UpstreamError(
          `the upstream ${name} answered "${packageName}" with status ${status}`,
          IN_TROUBLE.has(status),
        );
      }
      const content = await readDocument(answer, options);
      const document = parse(content, headers["content-type"] ?? "", packageName, answer.url);
      const etag = headers.etag;
      return defined({ document, bytes: content.length, etag }) satisfies FetchedIndex;
    },
    open: (asset, signal) => open(asset.url, asset.name, limits.assetBytes, signal),
    openMetadata: (asset) =>
      open(asset.url === undefined ? undefined : metadataUrl(asset.url), `${asset.name}.metadata`, METADATA_BYTES),
  };

  function parse(content: Buffer, type: string, packageName: string, page: URL): IndexDocument {
    const text = content.toString("utf8");
    try {
      return format === "pypi" ? parseSimple(text, type, packageName, page) : parsePackument(text, packageName, page);
    } catch (error) {
      const reason = error instanceof SyntaxError ? "is no valid JSON" : error instanceof Error ? error.message : "";
      throw new UpstreamError(`the index of the upstream ${name} ${reason}`, false, { cause: error });
    }
  }
}

function pageOf(base: URL, format: PackageFormat, name: string): URL {
  const path = format === "pypi" ? `${name}/` : name.startsWith("@") ? name.replace("/", "%2F") : name;
  const page = new URL(base);
  page.pathname += path;
  return page;
}

/** PEP 658: ".metadata" behind the path. */
function metadataUrl(url: string): string {
  const metadata = new URL(url);
  metadata.pathname += ".metadata";
  return metadata.href;
}
