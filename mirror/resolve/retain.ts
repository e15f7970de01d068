/** What the record of a repository becomes when an asset arrives or changes. Pure. */
import { randomUUID } from "node:crypto";
import { defined } from "../../base/defined.js";
import type { PackageFormat } from "../package-format.js";
import type { OriginControls, VersionOrigin } from "./contract.js";
import type { Asset, KeptVersion, PackageRecord, Version } from "./model.js";
import { withYanked } from "./version-view.js";

/** AWS's controls of an unknown package. */
export const OPEN: OriginControls = { publish: "ALLOW", upstream: "ALLOW" };
/** AWS's controls of a package whose first version came from upstream. */
const FROM_UPSTREAM: OriginControls = { publish: "BLOCK", upstream: "ALLOW" };
/** AWS's controls of a package whose first version was published directly. */
export const PUBLISHED: OriginControls = { publish: "ALLOW", upstream: "BLOCK" };

export interface PackageKey {
  readonly format: PackageFormat;
  readonly name: string;
  readonly domain: string;
}

/** An asset that is stored now, with the version it belongs to. */
export interface Arrival {
  readonly key: PackageKey;
  readonly version: Version;
  readonly origin: VersionOrigin;
  readonly asset: Asset;
}

/**
 * Adds an arrival to a record. The other files of its version are listed as the version describes them. What the
 * repository has already stays as it is.
 *
 * @returns the same object if nothing is new.
 */
export function retained(record: PackageRecord | undefined, arrival: Arrival, nowMs: number): PackageRecord {
  const { key, version, origin, asset } = arrival;
  const current = record?.versions[version.version];
  const foreign = current !== undefined && current.origin.externalConnection !== origin.externalConnection;
  if (record !== undefined && (foreign || (current !== undefined && hasStored(current, asset)))) return record;
  const listed = current === undefined ? version.assets : union(current.assets, version.assets);
  const assets = listed.map((other) => (other.name === asset.name ? asset : other));
  const kept: KeptVersion = {
    ...(current ?? { publishedMs: nowMs, origin, ...describeManifest(version) }),
    version: version.version,
    ...defined({ manifest: version.manifest === undefined ? undefined : (current?.manifest ?? version.manifest) }),
    assets: assets.some(({ name }) => name === asset.name) ? assets : [...assets, asset],
    revision: randomUUID(),
  };
  return withVersion(record ?? emptyRecord(key, FROM_UPSTREAM), kept);
}

/** @returns the same object if these files are yanked already. */
export function withYankedFiles(
  record: PackageRecord | undefined,
  version: string,
  yanked: ReadonlyMap<string, string | undefined>,
): PackageRecord | undefined {
  const current = record?.versions[version];
  if (record === undefined || current === undefined) return record;
  const assets = current.assets.map((asset) =>
    yanked.has(asset.name) && yanked.get(asset.name) !== asset.yanked
      ? withYanked(asset, yanked.get(asset.name))
      : asset,
  );
  if (assets.every((asset, index) => asset === current.assets[index])) return record;
  return withVersion(record, { ...current, assets, revision: randomUUID() });
}

export function withVersion(record: PackageRecord, version: KeptVersion): PackageRecord {
  return { ...record, versions: { ...record.versions, [version.version]: version } };
}

/** Without `version` and without the tags that point to it. */
export function withoutVersion(record: PackageRecord, version: string): PackageRecord {
  const { [version]: _gone, ...versions } = record.versions;
  const tags = Object.fromEntries(Object.entries(record.tags).filter(([, tagged]) => tagged !== version));
  return { ...record, versions, tags };
}

export function emptyRecord({ format, name, domain }: PackageKey, controls: OriginControls): PackageRecord {
  return { format, name, domain, controls, versions: {}, tags: {} };
}

export function describeManifest({
  manifest,
}: Pick<Version, "manifest">): Pick<KeptVersion, "summary" | "homePage" | "license"> {
  const text = (key: string) => (typeof manifest?.[key] === "string" ? (manifest[key] as string) : undefined);
  return defined({ summary: text("description"), homePage: text("homepage"), license: text("license") });
}

function hasStored(version: KeptVersion, asset: Asset): boolean {
  const known = version.assets.find(({ name }) => name === asset.name);
  return (
    known?.hashes.sha256 === asset.hashes.sha256 &&
    known?.size === asset.size &&
    known?.metadata?.sha256 === asset.metadata?.sha256
  );
}

function union(mine: readonly Asset[], more: readonly Asset[]): readonly Asset[] {
  const names = new Set(mine.map(({ name }) => name));
  return [...mine, ...more.filter(({ name }) => !names.has(name))];
}
