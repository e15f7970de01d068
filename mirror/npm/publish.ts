/** Receives what npm publishes: one document with the manifest, the tags and the tarball; or deprecations. */
import { createHash, randomUUID } from "node:crypto";
import { readBody } from "../../http/server/body/read-body.js";
import type { Exchange } from "../../http/server/exchange.js";
import { isObject } from "../is-object.js";
import type { RepositoryNode } from "../resolve/contract.js";
import type { Asset, KeptVersion, PackageRecord } from "../resolve/model.js";
import type { PackageService } from "../resolve/package-service.js";
import type { RepositoryPackage } from "../resolve/package-views.js";
import {
  alreadyPublished,
  hashMismatch,
  malformedUpload,
  noPackage,
  publishBlocked,
  storageProblem,
  uploadTooLarge,
} from "../resolve/problems.js";
import { describeManifest, emptyRecord, PUBLISHED, withVersion } from "../resolve/retain.js";
import { parseDeprecations, receiveDeprecations } from "./deprecate.js";
import { hashesOfDist, tarballName, withoutText } from "./document.js";
import { isSemver } from "./semver.js";

/** Bytes of a published tarball. It comes inside a JSON document, which is held in memory. */
const MAX_TARBALL_BYTES = 128 * 1024 * 1024;
/** Base64 takes a third more. */
const MAX_DOCUMENT_BYTES = Math.ceil((MAX_TARBALL_BYTES * 4) / 3) + 8 * 1024 * 1024;

export async function receivePublish(
  exchange: Exchange,
  wanted: RepositoryPackage,
  service: PackageService,
): Promise<void> {
  const { repository, name } = wanted;
  const { blobs, records } = service.dependencies;
  const document = await readJson(exchange, MAX_DOCUMENT_BYTES);
  const deprecations = parseDeprecations(document, name);
  if (deprecations !== undefined) return receiveDeprecations(exchange, wanted, deprecations, service);
  const { version, manifest, tarball, tags } = parsePublish(document, name);
  const file = tarballName(name, version);
  const hashes = {
    sha256: digest("sha256", tarball),
    sha512: digest("sha512", tarball),
    sha1: digest("sha1", tarball),
  };
  const promised = hashesOfDist(isObject(manifest.dist) ? manifest.dist : {});
  for (const algorithm of ["sha512", "sha256", "sha1"] as const) {
    if (promised[algorithm] !== undefined && promised[algorithm] !== hashes[algorithm]) {
      throw hashMismatch(file, algorithm);
    }
  }
  checkPublishable(records.get(repository.id, "npm", name), version, repository);
  const asset: Asset = { name: file, hashes, size: tarball.length, uploaded: new Date().toISOString() };
  try {
    await blobs.keep(tarball);
    await records.update(repository.id, "npm", name, (record) => {
      checkPublishable(record, version, repository);
      const key = { format: "npm", name, domain: repository.domain } as const;
      const kept: KeptVersion = {
        version,
        manifest,
        assets: [asset],
        ...describeManifest({ manifest }),
        origin: { type: "INTERNAL", repository: repository.name },
        publishedMs: Date.now(),
        revision: randomUUID(),
      };
      const next = withVersion(record ?? emptyRecord(key, PUBLISHED), kept);
      return { ...next, tags: { ...next.tags, ...tags } };
    });
  } catch (error) {
    throw storageProblem(error);
  }
  exchange.json(200, { ok: true, id: name });
}

export interface TagRequest {
  readonly wanted: RepositoryPackage;
  readonly tag: string;
}

/** @param value a version: the parsed body of the request. */
export async function setTag(
  exchange: Exchange,
  { wanted, tag, value }: TagRequest & { readonly value: unknown },
  service: PackageService,
): Promise<void> {
  const { repository, name } = wanted;
  if (!isTag(tag)) throw malformedUpload(`"${tag}" is no name of a tag`);
  if (typeof value !== "string") throw malformedUpload("the version is a JSON string");
  await service.dependencies.records.update(repository.id, "npm", name, (record) => {
    if (record?.versions[value] === undefined) throw noPackage(`${name}@${value}`, repository.name);
    return { ...record, tags: { ...record.tags, [tag]: value } };
  });
  exchange.json(200, { ok: true });
}

export async function removeTag(
  exchange: Exchange,
  { wanted, tag }: TagRequest,
  service: PackageService,
): Promise<void> {
  const { repository, name } = wanted;
  if (tag === "latest") throw malformedUpload('the tag "latest" cannot be removed');
  await service.dependencies.records.update(repository.id, "npm", name, (record) => {
    if (record?.tags[tag] === undefined) throw noPackage(`${name}@${tag}`, repository.name);
    const { [tag]: _gone, ...tags } = record.tags;
    return { ...record, tags };
  });
  exchange.json(200, { ok: true });
}

/** @throws Problem */
export async function readJson(exchange: Exchange, maxBytes: number): Promise<unknown> {
  const body = await readBody(exchange, maxBytes, uploadTooLarge);
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw malformedUpload("the body is not JSON");
  }
}

interface PublishedVersion {
  readonly version: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly tarball: Buffer;
  readonly tags: Readonly<Record<string, string>>;
}

function parsePublish(document: unknown, name: string): PublishedVersion {
  if (!isObject(document) || document.name !== name) throw malformedUpload(`the document is not that of "${name}"`);
  const versions = isObject(document.versions) ? Object.entries(document.versions) : [];
  const attachments = isObject(document._attachments) ? Object.values(document._attachments) : [];
  const [only] = versions;
  if (only === undefined || versions.length !== 1) throw malformedUpload("a document publishes one version");
  const [version, manifest] = only;
  if (!isSemver(version) || !isObject(manifest) || manifest.name !== name || manifest.version !== version) {
    throw malformedUpload(`the manifest is not that of "${name}@${version}"`);
  }
  // The document may also carry Sigstore's provenance, which has another type.
  const tarballs = attachments.filter(
    (attachment) => isObject(attachment) && attachment.content_type === "application/octet-stream",
  );
  const [attachment] = tarballs;
  if (!isObject(attachment) || typeof attachment.data !== "string" || tarballs.length !== 1) {
    throw malformedUpload("the document has no tarball");
  }
  const tarball = Buffer.from(attachment.data, "base64");
  if (tarball.length > MAX_TARBALL_BYTES) throw uploadTooLarge(MAX_TARBALL_BYTES);
  if (typeof attachment.length === "number" && attachment.length !== tarball.length) {
    throw malformedUpload(`the tarball has ${tarball.length} bytes where the document says ${attachment.length}`);
  }
  if (tarball.length < 20 || tarball[0] !== 0x1f || tarball[1] !== 0x8b)
    throw malformedUpload("the tarball is no gzip");
  const given = isObject(document["dist-tags"]) ? Object.keys(document["dist-tags"]) : [];
  const tags = Object.fromEntries((given.length > 0 ? given : ["latest"]).filter(isTag).map((tag) => [tag, version]));
  return { version, manifest: withoutText(manifest), tarball, tags };
}

function checkPublishable(record: PackageRecord | undefined, version: string, repository: RepositoryNode): void {
  if (record === undefined) return;
  if (record.controls.publish === "BLOCK") throw publishBlocked(record.name, repository.name);
  if (record.versions[version] !== undefined) throw alreadyPublished(`${record.name}@${version}`);
}

/** A tag must not look like a version or a range, nor like a property that every JavaScript object has. */
function isTag(tag: string): boolean {
  return (
    /^[A-Za-z][A-Za-z0-9._-]{0,99}$/.test(tag) &&
    !isSemver(tag.replace(/^v/, "")) &&
    !/^(?:constructor|toString)$/.test(tag)
  );
}

function digest(algorithm: string, content: Buffer): string {
  return createHash(algorithm).update(content).digest("hex");
}
