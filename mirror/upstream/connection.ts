/** An external connection: an index somewhere else that has packages of one format. */
import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import type { PackageFormat } from "../package-format.js";
import type { Asset, IndexDocument } from "../resolve/model.js";
import type { Download } from "../store/transfer.js";
import { openDirectory } from "./directory.js";
import { badConnection, directoryMissing } from "./errors.js";
import { httpIndex } from "./http-index.js";
import type { UpstreamLimits } from "./limits.js";

export interface FetchedIndex {
  /** Undefined where the upstream has no such package. The same object as before where nothing changed. */
  readonly document: IndexDocument | undefined;
  readonly etag?: string;
  /** What it costs to keep. */
  readonly bytes: number;
}

export interface Connection {
  /** `public:pypi` */
  readonly name: string;
  readonly format: PackageFormat;
  /** How long a document is used without asking again. */
  readonly ttlMs: number;
  /** @throws UpstreamError */
  index(packageName: string, previous: FetchedIndex | undefined): Promise<FetchedIndex>;
  /** @throws UpstreamError */
  open(asset: Asset, signal?: AbortSignal): Promise<Download>;
  /** The `.metadata` file of an asset whose index says that there is one. */
  openMetadata(asset: Asset): Promise<Download>;
}

/** What AWS calls them. */
const FORMATS: Readonly<Record<string, PackageFormat>> = { "public:pypi": "pypi", "public:npmjs": "npm" };

/** @throws Fault */
export async function openConnection(name: string, place: string, limits: UpstreamLimits): Promise<Connection> {
  const format = FORMATS[name];
  if (format === undefined) throw badConnection(name, place);
  const url = URL.canParse(place) ? new URL(place) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return httpIndex(name, format, url, limits);
  const dir = url?.protocol === "file:" ? fileURLToPath(url) : place;
  if (!isAbsolute(dir)) throw badConnection(name, place);
  const isDirectory = await stat(dir).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) throw directoryMissing(name, dir);
  return openDirectory(name, format, dir, limits);
}
