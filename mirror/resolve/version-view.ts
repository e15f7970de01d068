/**
 * One package as one repository shows it: the versions of all sources, merged in search order. The first source that
 * has a version defines it. If that version came in through an external connection, the same connection may add files
 * to it, and says which are yanked. Files that could not be sent now are left out.
 */

import type { LookupResult } from "../upstream/index-cache.js";
import type { VersionOrigin } from "./contract.js";
import type { Asset, KeptVersion, PackageRecord, Version } from "./model.js";
import type { ConnectionSource, PackageSource, RepositorySource } from "./walk.js";

export interface VersionEntry {
  readonly version: Version;
  readonly origin: VersionOrigin;
  readonly assets: ReadonlyMap<string, AssetEntry>;
}

export interface AssetEntry {
  readonly asset: Asset;
  /** Where the asset was found; a connection can deliver it. */
  readonly source: PackageSource;
}

export interface PackageView {
  readonly versions: ReadonlyMap<string, VersionEntry>;
  /** The first source that has a tag defines it. */
  readonly tags: Readonly<Record<string, string>>;
  /** One clause for each source that could not be searched. */
  readonly failures: readonly string[];
  /** Retained versions whose files the upstream has yanked since, or has restored. */
  readonly refresh: readonly YankedChange[];
}

interface YankedChange {
  readonly node: RepositorySource["node"];
  readonly version: string;
  /** By file name. */
  readonly yanked: ReadonlyMap<string, string | undefined>;
}

/** What one source has of the package. */
export type SourceResult =
  | { readonly source: RepositorySource; readonly record: PackageRecord | undefined }
  | { readonly source: ConnectionSource; readonly lookup: LookupResult };

/** Whether the content with this SHA-256 is stored here. */
type IsStored = (sha256: string | undefined) => boolean;

/** @param results in search order. */
export function mergeView(results: readonly SourceResult[], isStored: IsStored): PackageView {
  const merger = new Merger(isStored);
  for (const result of results) {
    if ("record" in result) merger.addRecord(result.source, result.record);
    else merger.addLookup(result.source, result.lookup);
  }
  return merger.view();
}

interface Draft {
  readonly version: Version;
  readonly origin: VersionOrigin;
  /** Where the version is retained: in the requested repository, or in the first one that has it. */
  readonly kept: { readonly source: RepositorySource; readonly version: KeptVersion }[];
  readonly assets: Map<string, AssetEntry>;
}

class Merger {
  readonly #drafts = new Map<string, Draft>();
  readonly #tags: Record<string, string> = {};
  readonly #failures: string[] = [];
  readonly #refresh: YankedChange[] = [];

  constructor(private readonly isStored: IsStored) {}

  addRecord(source: RepositorySource, record: PackageRecord | undefined): void {
    if (record === undefined) return;
    this.#addTags(record.tags);
    for (const version of Object.values(record.versions)) this.#addKept(source, version);
  }

  addLookup(source: ConnectionSource, lookup: LookupResult): void {
    if (lookup.kind === "failed") this.#failures.push(lookup.reason);
    if (lookup.kind !== "found") return;
    this.#addTags(lookup.document.tags);
    for (const version of lookup.document.versions.values()) this.#addFound(source, version);
  }

  view(): PackageView {
    const versions = new Map<string, VersionEntry>();
    for (const [name, { version, origin, assets: drafted }] of this.#drafts) {
      const assets = new Map<string, AssetEntry>();
      for (const [file, entry] of drafted) {
        if (entry.source.kind === "connection" || this.isStored(entry.asset.hashes.sha256)) assets.set(file, entry);
      }
      if (assets.size > 0) versions.set(name, { version, origin, assets });
    }
    return { versions, tags: this.#tags, failures: this.#failures, refresh: this.#refresh };
  }

  #addTags(more: Readonly<Record<string, string>>): void {
    for (const [tag, version] of Object.entries(more)) this.#tags[tag] ??= version;
  }

  #addKept(source: RepositorySource, version: KeptVersion): void {
    const draft = this.#drafts.get(version.version);
    if (draft === undefined) {
      const { origin } = version;
      const kept = [{ source, version }];
      this.#drafts.set(version.version, { version, origin, kept, assets: entriesOf(version, source) });
      return;
    }
    // A repository further down may know fewer files of the version. With another origin it is another version.
    if (version.origin.type !== "EXTERNAL" || !cameFrom(draft.origin, version.origin.externalConnection)) return;
    draft.kept.push({ source, version });
    for (const asset of version.assets) {
      const known = draft.assets.get(asset.name);
      const better =
        known === undefined || (!this.isStored(known.asset.hashes.sha256) && this.isStored(asset.hashes.sha256));
      if (better) draft.assets.set(asset.name, { asset, source });
    }
  }

  #addFound(source: ConnectionSource, version: Version): void {
    const { connection, node } = source;
    const draft = this.#drafts.get(version.version);
    if (draft === undefined) {
      const origin: VersionOrigin = { type: "EXTERNAL", repository: node.name, externalConnection: connection };
      this.#drafts.set(version.version, { version, origin, kept: [], assets: entriesOf(version, source) });
      return;
    }
    if (!cameFrom(draft.origin, connection)) return;
    for (const asset of version.assets) {
      const known = draft.assets.get(asset.name);
      // A stored file stays as it is, even if the upstream has replaced it.
      const stored = known !== undefined && this.isStored(known.asset.hashes.sha256);
      if (known === undefined || !stored) draft.assets.set(asset.name, { asset, source });
      else if (known.asset.yanked !== asset.yanked) {
        draft.assets.set(asset.name, { ...known, asset: withYanked(known.asset, asset.yanked) });
      }
    }
    this.#noteYanked(draft, version);
  }

  #noteYanked(draft: Draft, { assets }: Version): void {
    const yanked = new Map(assets.map((asset) => [asset.name, asset.yanked] as const));
    for (const { source, version } of draft.kept) {
      if (version.assets.some(({ name, yanked: before }) => yanked.has(name) && yanked.get(name) !== before)) {
        this.#refresh.push({ node: source.node, version: version.version, yanked });
      }
    }
  }
}

function entriesOf({ assets }: Version, source: PackageSource): Map<string, AssetEntry> {
  return new Map(assets.map((asset) => [asset.name, { asset, source }] as const));
}

export function withYanked({ yanked: _before, ...asset }: Asset, yanked: string | undefined): Asset {
  return yanked === undefined ? asset : { ...asset, yanked };
}

function cameFrom(origin: VersionOrigin, connection: string | undefined): boolean {
  return origin.type === "EXTERNAL" && origin.externalConnection === connection;
}
