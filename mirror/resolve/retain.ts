/** What a repository's record becomes when something comes in, or changes. Values to values; the disk is elsewhere. */
import { randomUUID } from "node:crypto";
import { defined } from "../../base/defined.js";
import type { PackageFormat } from "../package-format.js";
import type { OriginControls, VersionOrigin } from "./contract.js";
import type { Asset, KeptVersion, PackageRecord, Version } from "./model.js";
import { withYanked } from "./version-view.js";

/** AWS's: of a package that nothing is known of. */
export const OPEN: OriginControls = { publish: "ALLOW", upstream: "ALLOW" };
/** Of one whose first version came from upstream. */
export const FROM_UPSTREAM: OriginControls = { publish: "BLOCK", upstream: "ALLOW" };
/** Of one whose first version was published here. */
export const PUBLISHED: OriginControls = { publish: "ALLOW", upstream: "BLOCK" };

export interface PackageKey {
  readonly format: PackageFormat;
  readonly name: string;
  readonly domain: string;
}

/**
 * The record with `version`, of which `asset` is stored now; the other files are listed as they are known. What the
 * repository has stays as it is. @returns the same object where nothing is new.
 */
export function retained(
  record: PackageRecord | undefined,
  key: PackageKey,
  version: Version,
  asset: Asset,
  origin: VersionOrigin,
  nowMs: number,
): PackageRecord {
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

/** @returns the same object where it says so already. */
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

/** Without `version` and the tags on it. */
export function withoutVersion(record: PackageRecord, version: string): PackageRecord {
  const { [version]: _gone, ...versions } = record.versions;
  const tags = Object.fromEntries(Object.entries(record.tags).filter(([, tagged]) => tagged !== version));
  return { ...record, versions, tags };
}

export function emptyRecord({ format, name, domain }: PackageKey, controls: OriginControls): PackageRecord {
  return { format, name, domain, controls, versions: {}, tags: {} };
}

export function describeManifest({ manifest }: Version): Pick<KeptVersion, "summary" | "homePage" | "license"> {
  const text = (key: string) => (typeof manifest?.[key] === "string" ? (manifest[key] as string) : undefined);
  const [summary, homePage, license] = [text("description"), text("homepage"), text("license")];
  return defined({
    summary,
    homePage,
    license,
  });
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
