/** A simple index (PEP 503, PEP 691) or an npm registry, by its URL. */

import { defined } from "../../base/defined.js";
import { withoutBom } from "../../base/text/bom.js";
import { parsePackument } from "../npm/document.js";
import type { PackageFormat } from "../package-format.js";
import { parseSimple, SIMPLE_ACCEPT } from "../pypi/parse-simple.js";
import { MAX_METADATA_BYTES } from "../pypi/wheel.js";
import type { IndexDocument } from "../resolve/model.js";
import type { Download } from "../store/transfer.js";
import type { Connection, FetchedIndex } from "./connection.js";
import { errorsOf } from "./errors.js";
import { type FetchOptions, fetchUpstream, readDocument, type UpstreamResponse, upstreamClient } from "./fetch.js";
import type { UpstreamLimits } from "./limits.js";

export interface HttpIndexOptions {
  readonly name: string;
  readonly format: PackageFormat;
  /** May carry credentials, which never reach errors or logs. */
  readonly index: URL;
  readonly limits: UpstreamLimits;
}

interface Wanted {
  readonly url: string | undefined;
  /** Names the file in errors. */
  readonly file: string;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

export function httpIndex({ name, format, index, limits }: HttpIndexOptions): Connection {
  const base = new URL(index);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const options = { client: upstreamClient(limits), upstream: name, limits };
  const errors = errorsOf(name);

  const get = async (url: URL, headers: Record<string, string>, signal?: AbortSignal): Promise<UpstreamResponse> => {
    // An index may link to other hosts; its credentials are for its own origin.
    const address = new URL(url);
    if (address.origin === base.origin) [address.username, address.password] = [base.username, base.password];
    const all: FetchOptions = { ...options, headers, ...defined({ signal }) };
    return fetchUpstream(address, all);
  };

  const open = async ({ url, file, maxBytes, signal }: Wanted): Promise<Download> => {
    if (url === undefined) throw errors.noAddress(file);
    const { status, headers, body } = await get(new URL(url), { "Accept-Encoding": "identity" }, signal);
    const encoding = headers["content-encoding"] ?? "identity";
    const length = headers["content-length"] === undefined ? undefined : Number(headers["content-length"]);
    if (status === 200 && encoding === "identity" && (length ?? 0) <= maxBytes) return defined({ body, length });
    body.destroy();
    if (status !== 200) throw errors.badStatus(file, status);
    throw encoding === "identity" ? errors.tooBig(file, maxBytes) : errors.badEncoding(file, encoding);
  };

  return {
    name,
    format,
    ttlMs: limits.indexTtlMs,
    async index(packageName, previous) {
      const page = pageOf(base, format, packageName);
      const response = await get(
        page,
        defined({
          Accept: format === "pypi" ? SIMPLE_ACCEPT : "application/json",
          "Accept-Encoding": "gzip",
          "If-None-Match": previous?.etag,
        }),
      );
      const { status, headers, body } = response;
      if (status === 304 && previous !== undefined) {
        body.resume();
        return previous;
      }
      if (status === 404 || status === 410) {
        body.resume();
        return previous !== undefined && previous.document === undefined ? previous : { document: undefined, bytes: 0 };
      }
      if (status !== 200) {
        body.destroy();
        throw errors.badStatus(packageName, status);
      }
      const content = await readDocument(response, options);
      const document = parse(content, headers["content-type"] ?? "", packageName, response.url);
      return defined({ document, bytes: content.length, etag: headers.etag }) satisfies FetchedIndex;
    },
    open: ({ url, name: file }, signal) => open({ url, file, maxBytes: limits.assetBytes, signal }),
    openMetadata: ({ url, name: file }) =>
      open({
        url: url === undefined ? undefined : metadataUrl(url),
        file: `${file}.metadata`,
        maxBytes: MAX_METADATA_BYTES,
      }),
  };

  function parse(content: Buffer, type: string, packageName: string, page: URL): IndexDocument {
    const text = withoutBom(content.toString("utf8"));
    try {
      return format === "pypi" ? parseSimple(text, type, packageName, page) : parsePackument(text, packageName, page);
    } catch (error) {
      const reason = error instanceof SyntaxError ? "is no valid JSON" : error instanceof Error ? error.message : "";
      throw errors.badIndex(reason, error);
    }
  }
}

function pageOf(base: URL, format: PackageFormat, name: string): URL {
  const path = format === "pypi" ? `${name}/` : name.startsWith("@") ? name.replace("/", "%2F") : name;
  const page = new URL(base);
  page.pathname += path;
  return page;
}

/** PEP 658 appends ".metadata" to the path. */
function metadataUrl(url: string): string {
  const metadata = new URL(url);
  metadata.pathname += ".metadata";
  return metadata.href;
}
