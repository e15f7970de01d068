/**
 * One package as one repository shows it: the versions of every place, in the order of the walk. The first place that
 * has a version decides what it is; of a version that came in by an external connection, the same connection may add
 * files and says which are yanked (P-04). What could not be sent now is not shown.
 */

import type { LookupResult } from "../upstream/index-cache.js";
import type { VersionOrigin } from "./contract.js";
import type { Asset, KeptVersion, PackageRecord, Version } from "./model.js";
import type { PackageSource } from "./walk.js";

export interface VersionEntry {
  readonly version: Version;
  readonly origin: VersionOrigin;
  readonly assets: ReadonlyMap<string, AssetEntry>;
}

export interface AssetEntry {
  readonly asset: Asset;
  readonly place: PackageSource;
  /** Can be fetched from here. */
  readonly connection?: string;
}

export interface PackageView {
  readonly versions: ReadonlyMap<string, VersionEntry>;
  /** First come, first served. */
  readonly tags: Readonly<Record<string, string>>;
  /** Why some place could not be asked; one clause each. */
  readonly failures: readonly string[];
  /** Retained versions whose files are yanked, or no longer, by what the upstream says now. */
  readonly refresh: readonly YankedChange[];
}

export interface YankedChange {
  readonly place: PackageSource;
  readonly version: string;
  readonly yanked: ReadonlyMap<string, string | undefined>;
}

/** What a place said: a record, or what was found by a connection. */
export type SourceResult = { readonly record: PackageRecord | undefined } | { readonly finding: LookupResult };

interface Draft {
  readonly version: Version;
  readonly origin: VersionOrigin;
  /** Where the repository has it that was asked, or the first one that does. */
  readonly kept: { readonly place: PackageSource; readonly version: KeptVersion }[];
  readonly assets: Map<string, AssetEntry>;
}

/** @param isStored whether the content with this SHA-256 is here. */
export function mergeView(
  places: readonly PackageSource[],
  words: readonly SourceResult[],
  isStored: (sha256: string | undefined) => boolean,
): PackageView {
  const drafts = new Map<string, Draft>();
  const tags: Record<string, string> = {};
  const failures: string[] = [];
  const refresh: YankedChange[] = [];
  for (const [index, place] of places.entries()) {
    const word = words[index];
    if (word === undefined) continue;
    if ("record" in word) {
      if (word.record === undefined) continue;
      addTags(tags, word.record.tags);
      for (const version of Object.values(word.record.versions)) addKept(drafts, place, version, isStored);
    } else if (word.finding.kind === "failed") failures.push(word.finding.reason);
    else if (word.finding.kind === "found" && place.connection !== undefined) {
      addTags(tags, word.finding.document.tags);
      for (const version of word.finding.document.versions.values()) {
        addFound(drafts, place, place.connection, version, isStored, refresh);
      }
    }
  }
  const offers = new Map<string, VersionEntry>();
  for (const [name, draft] of drafts) {
    const assets = new Map<string, AssetEntry>();
    for (const [file, offered] of draft.assets) {
      if (offered.connection !== undefined || isStored(offered.asset.hashes.sha256)) assets.set(file, offered);
    }
    if (assets.size > 0) offers.set(name, { version: draft.version, origin: draft.origin, assets });
  }
  return { versions: offers, tags, failures, refresh };
}

function addTags(tags: Record<string, string>, more: Readonly<Record<string, string>>): void {
  for (const [tag, version] of Object.entries(more)) tags[tag] ??= version;
}

function addKept(
  drafts: Map<string, Draft>,
  place: PackageSource,
  version: KeptVersion,
  isStored: (sha256: string | undefined) => boolean,
): void {
  const draft = drafts.get(version.version);
  if (draft === undefined) {
    const assets = new Map(version.assets.map((asset) => [asset.name, { asset, place }] as const));
    drafts.set(version.version, { version, origin: version.origin, kept: [{ place, version }], assets });
    return;
  }
  // A reference further down may be older than the files that came in since; another origin is another version.
  if (version.origin.type !== "EXTERNAL" || !sameConnection(draft.origin, version.origin.externalConnection)) return;
  draft.kept.push({ place, version });
  for (const asset of version.assets) {
    const known = draft.assets.get(asset.name);
    const better = known === undefined || (!isStored(known.asset.hashes.sha256) && isStored(asset.hashes.sha256));
    if (better) draft.assets.set(asset.name, { asset, place });
  }
}

function addFound(
  drafts: Map<string, Draft>,
  place: PackageSource,
  connection: string,
  version: Version,
  isStored: (sha256: string | undefined) => boolean,
  refresh: YankedChange[],
): void {
  const draft = drafts.get(version.version);
  if (draft === undefined) {
    const origin: VersionOrigin = { type: "EXTERNAL", repository: place.node.name, externalConnection: connection };
    const assets = new Map(version.assets.map((asset) => [asset.name, { asset, place, connection }] as const));
    drafts.set(version.version, { version, origin, kept: [], assets });
    return;
  }
  if (!sameConnection(draft.origin, connection)) return;
  const yanked = new Map(version.assets.map((asset) => [asset.name, asset.yanked] as const));
  for (const asset of version.assets) {
    const known = draft.assets.get(asset.name);
    // What is here stays what it is, whatever the upstream has under its name by now.
    const stored = known !== undefined && isStored(known.asset.hashes.sha256);
    if (known === undefined || !stored) draft.assets.set(asset.name, { asset, place, connection });
    else if (known.asset.yanked !== asset.yanked) {
      draft.assets.set(asset.name, { ...known, asset: withYanked(known.asset, asset.yanked) });
    }
  }
  for (const { place: holder, version: kept } of draft.kept) {
    if (kept.assets.some(({ name, yanked: was }) => yanked.has(name) && yanked.get(name) !== was)) {
      refresh.push({ place: holder, version: kept.version, yanked });
    }
  }
}

export function withYanked({ yanked: _before, ...asset }: Asset, yanked: string | undefined): Asset {
  return yanked === undefined ? asset : { ...asset, yanked };
}

function sameConnection(origin: VersionOrigin, connection: string | undefined): boolean {
  return origin.type === "EXTERNAL" && origin.externalConnection === connection;
}
