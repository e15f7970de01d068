/** npm's package documents: read from a registry, and rendered for a client. */

import { defined } from "../../base/defined.js";
import { isObject } from "../is-object.js";
import { hashesOf } from "../pypi/parse-simple.js";
import type { Asset, Hashes, IndexDocument, Manifest, Version } from "../resolve/model.js";
import { compareSemver, isSemver } from "./semver.js";

/** Members of a version in the short form: those that the registry documents, and others that npm reads. */
const SHORT = [
  "name",
  "version",
  "deprecated",
  "dependencies",
  "optionalDependencies",
  "devDependencies",
  "bundleDependencies",
  "bundledDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "acceptDependencies",
  "bin",
  "directories",
  "engines",
  "os",
  "cpu",
  "libc",
  "funding",
  "_hasShrinkwrap",
  "hasInstallScript",
] as const;

/** The name contains the version, so that a path identifies a version whatever the upstream calls the file. */
export function tarballName(name: string, version: string): string {
  return `${name.slice(name.indexOf("/") + 1)}-${version}.tgz`;
}

/**
 * @param page where it came from
 * @throws Error that says what is wrong
 */
export function parsePackument(text: string, name: string, page: URL): IndexDocument {
  const document: unknown = JSON.parse(text);
  if (!isObject(document) || !isObject(document.versions)) throw new Error('has no "versions"');
  const time = isObject(document.time) ? document.time : {};
  const versions = new Map<string, Version>();
  for (const [version, manifest] of Object.entries(document.versions)) {
    if (!isSemver(version) || !isObject(manifest) || manifest.version !== version || manifest.name !== name) continue;
    const { dist } = manifest;
    if (!isObject(dist) || typeof dist.tarball !== "string" || !URL.canParse(dist.tarball, page.href)) continue;
    const uploaded = time[version];
    const asset: Asset = defined({
      name: tarballName(name, version),
      url: new URL(dist.tarball, page).href,
      hashes: hashesOfDist(dist),
      uploaded: typeof uploaded === "string" ? uploaded : undefined,
    });
    versions.set(version, { version, assets: [asset], manifest: withoutText(manifest) });
  }
  const tags = isObject(document["dist-tags"]) ? document["dist-tags"] : {};
  const known = Object.entries(tags).filter((tag): tag is [string, string] => versions.has(String(tag[1])));
  return { versions, tags: Object.fromEntries(known) };
}

export function withoutText(manifest: Readonly<Record<string, unknown>>): Manifest {
  const { readme: _readme, readmeFilename: _name, _attachments, ...rest } = manifest;
  return rest;
}

export function hashesOfDist(dist: Readonly<Record<string, unknown>>): Hashes {
  const entries: [string, unknown][] = [["sha1", dist.shasum]];
  const integrity = typeof dist.integrity === "string" ? dist.integrity : "";
  for (const [, algorithm = "", encoded = ""] of integrity.matchAll(/(?:^|\s)(sha\d+)-([A-Za-z0-9+/]+=*)/g)) {
    entries.push([algorithm, Buffer.from(encoded, "base64").toString("hex")]);
  }
  return hashesOf(entries);
}

/** A package document before it is rendered. */
export interface Packument {
  readonly name: string;
  readonly versions: readonly { readonly version: Version; readonly asset: Asset }[];
  readonly tags: Readonly<Record<string, string>>;
}

/** @param base URL of the repository, with a "/" at its end. */
export function renderPackument(packument: Packument, base: string, short: boolean): Buffer {
  const { name } = packument;
  const time: Record<string, string> = {};
  const versions: Record<string, unknown> = {};
  for (const { version, asset } of packument.versions) {
    const manifest = version.manifest ?? { name, version: version.version };
    if (asset.uploaded !== undefined) time[version.version] = asset.uploaded;
    const dist = isObject(manifest.dist) ? manifest.dist : {};
    const shown = { ...dist, ...integrityOf(asset.hashes, dist), tarball: `${base}${name}/-/${asset.name}` };
    versions[version.version] = { ...(short ? shorten(manifest) : manifest), dist: shown };
  }
  const times = Object.values(time).sort();
  const modified = times.at(-1);
  const tags = tagsOf(packument);
  return Buffer.from(
    JSON.stringify(
      short
        ? defined({ name, modified, "dist-tags": tags, versions })
        : {
            _id: name,
            name,
            "dist-tags": tags,
            versions,
            time: modified === undefined ? {} : { created: times[0], modified, ...time },
          },
    ),
  );
}

/** Tags of available versions. Without an available "latest", the highest release gets that tag. */
export function tagsOf({ versions, tags }: Packument): Readonly<Record<string, string>> {
  const here = new Set(versions.map(({ version }) => version.version));
  const known = Object.fromEntries(Object.entries(tags).filter(([, version]) => here.has(version)));
  if (known.latest !== undefined || here.size === 0) return known;
  const sorted = [...here].sort(compareSemver);
  const latest = sorted.findLast((version) => !version.includes("-")) ?? sorted.at(-1);
  return latest === undefined ? known : { latest, ...known };
}

function shorten(manifest: Manifest): Record<string, unknown> {
  const short: Record<string, unknown> = {};
  for (const key of SHORT) if (manifest[key] !== undefined) short[key] = manifest[key];
  // The registry derives this when a version is published; older documents may lack it.
  const { scripts } = manifest;
  if (short.hasInstallScript === undefined && isObject(scripts)) {
    if (["preinstall", "install", "postinstall"].some((name) => name in scripts)) short.hasInstallScript = true;
  }
  return short;
}

/** The upstream's own integrity, or else our digests. */
function integrityOf(hashes: Hashes, dist: Readonly<Record<string, unknown>>): Record<string, string> {
  const sha512 = hashes.sha512 === undefined ? undefined : Buffer.from(hashes.sha512, "hex").toString("base64");
  return defined({
    integrity: typeof dist.integrity === "string" || sha512 === undefined ? undefined : `sha512-${sha512}`,
    shasum: typeof dist.shasum === "string" || hashes.sha1 === undefined ? undefined : hashes.sha1,
  });
}
