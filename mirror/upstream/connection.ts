/** An external connection: an index elsewhere that has packages of one format. */
import type { PackageFormat } from "../package-format.js";
import type { Asset, IndexDocument } from "../resolve/model.js";
import type { Download } from "../store/transfer.js";

export interface FetchedIndex {
  /** Undefined if the upstream has no such package. The same object as before if nothing changed. */
  readonly document: IndexDocument | undefined;
  readonly etag?: string;
  /** What a cache entry weighs. */
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
  /** The `.metadata` file of an asset whose index announces one. @throws UpstreamError */
  openMetadata(asset: Asset): Promise<Download>;
}
