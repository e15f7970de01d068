/**
 * Receives what twine, Poetry and uv publish: a form whose file is streamed to the disk. A version becomes visible only
 * after the whole form has arrived and was checked.
 */
import { createHash, randomUUID } from "node:crypto";
import { open, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Busboy, type BusboyHeaders } from "@fastify/busboy";
import { defined } from "../../base/defined.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { RepositoryNode } from "../resolve/contract.js";
import type { Asset, Hashes, KeptVersion, PackageRecord } from "../resolve/model.js";
import type { PackageService } from "../resolve/package-service.js";
import {
  alreadyPublished,
  hashMismatch,
  malformedUpload,
  publishBlocked,
  storageProblem,
  uploadTooLarge,
} from "../resolve/problems.js";
import { emptyRecord, PUBLISHED, withVersion } from "../resolve/retain.js";
import type { Blobs } from "../store/blobs.js";
import { normalizeProject, normalizeVersion, parsePythonFile } from "./names.js";
import { parseMetadata, readWheelMetadata } from "./wheel.js";

/** AWS's quota of assets in one version. */
const MAX_ASSETS = 150;
const MAX_FIELD_BYTES = 4 * 1024 * 1024;
/** twine sends each classifier as a field of its own. */
const MAX_PARTS = 2_000;
/** Bytes of a form beside its file. */
const MAX_OVERHEAD_BYTES = 16 * 1024 * 1024;

interface Upload {
  readonly fields: ReadonlyMap<string, string>;
  readonly file: string;
  readonly temporary: string;
  readonly size: number;
  readonly hashes: Hashes & { readonly sha256: string };
}

export async function receiveUpload(
  exchange: Exchange,
  repository: RepositoryNode,
  service: PackageService,
): Promise<void> {
  const { blobs, limits } = service.dependencies;
  const upload = await readUpload(exchange, blobs, limits.assetBytes);
  try {
    await publish(upload, repository, service);
  } finally {
    // If the file was adopted, it no longer has this name.
    await rm(upload.temporary, { force: true });
  }
  exchange.answer(200, { "Content-Type": "text/plain; charset=utf-8" }, "OK\n");
}

async function publish(upload: Upload, repository: RepositoryNode, service: PackageService): Promise<void> {
  const { fields, file, hashes } = upload;
  const { blobs, records } = service.dependencies;
  const action = fields.get(":action");
  if (action !== undefined && action !== "file_upload") throw malformedUpload(`":action" is "${action}"`);
  const name = normalizeProject(fields.get("name") ?? "");
  const version = normalizeVersion(fields.get("version") ?? "");
  if (name === undefined) throw malformedUpload('the field "name" is no name of a project');
  if (version === undefined) throw malformedUpload('the field "version" is no version (PEP 440)');
  const parsed = parsePythonFile(file, name);
  if (parsed?.version !== version) {
    throw malformedUpload(`"${file}" is not the name of a wheel or source archive of ${name} ${version}`);
  }
  for (const algorithm of ["sha256", "md5"] as const) {
    const promised = fields.get(`${algorithm}_digest`)?.toLowerCase();
    if (promised !== undefined && promised !== "" && promised !== hashes[algorithm])
      throw hashMismatch(file, algorithm);
  }
  const metadata = parsed.kind === "wheel" ? await readWheelMetadata(upload.temporary) : undefined;
  if (parsed.kind === "wheel") checkMetadata(metadata, file, name, version);
  // A known conflict is refused before anything is stored.
  const uploaded = { version, file, sha256: hashes.sha256 };
  checkPublishable(records.get(repository.id, "pypi", name), uploaded, repository);
  const declared = fields.get("requires_python") ?? "";
  const requiresPython =
    declared === "" && metadata !== undefined ? parseMetadata(metadata).get("requires-python") : declared;
  try {
    const asset: Asset = defined({
      name: file,
      hashes,
      size: upload.size,
      uploaded: new Date().toISOString(),
      requiresPython: requiresPython === undefined || requiresPython === "" ? undefined : requiresPython,
      metadata: metadata === undefined ? undefined : { sha256: await blobs.keep(metadata) },
    });
    await blobs.adopt(upload.temporary, hashes.sha256);
    await records.update(repository.id, "pypi", name, (record) => {
      if (checkPublishable(record, uploaded, repository) === "same") return record;
      const current = record?.versions[version];
      const key = { format: "pypi", name, domain: repository.domain } as const;
      const next: KeptVersion = {
        ...(current ?? { origin: { type: "INTERNAL", repository: repository.name }, publishedMs: Date.now() }),
        ...describeFields(fields),
        version,
        assets: [...(current?.assets ?? []), asset],
        revision: randomUUID(),
      };
      return withVersion(record ?? emptyRecord(key, PUBLISHED), next);
    });
  } catch (error) {
    throw storageProblem(error);
  }
}

interface UploadedFile {
  readonly version: string;
  readonly file: string;
  readonly sha256: string;
}

/** @returns "same" if the repository has exactly this file already. @throws Problem */
function checkPublishable(
  record: PackageRecord | undefined,
  { version, file, sha256 }: UploadedFile,
  repository: RepositoryNode,
): "new" | "same" {
  const current = record?.versions[version];
  const known = current?.assets.find((asset) => asset.name === file);
  if (record?.controls.publish === "BLOCK") throw publishBlocked(record.name, repository.name);
  if (known?.hashes.sha256 === sha256 && current?.origin.type === "INTERNAL") return "same";
  if (known !== undefined) throw alreadyPublished(file);
  if (current !== undefined && current.origin.type !== "INTERNAL") throw alreadyPublished(`${record?.name} ${version}`);
  if ((current?.assets.length ?? 0) >= MAX_ASSETS) throw malformedUpload(`a version has at most ${MAX_ASSETS} files`);
  return "new";
}

function checkMetadata(metadata: Buffer | undefined, file: string, name: string, version: string): void {
  if (metadata === undefined) throw malformedUpload(`"${file}" is no wheel: it has no METADATA`);
  const fields = parseMetadata(metadata);
  if (
    normalizeProject(fields.get("name") ?? "") !== name ||
    normalizeVersion(fields.get("version") ?? "") !== version
  ) {
    throw malformedUpload(`the METADATA in "${file}" is not that of ${name} ${version}`);
  }
}

function describeFields(fields: ReadonlyMap<string, string>): Pick<KeptVersion, "summary" | "homePage" | "license"> {
  return defined({
    summary: fields.get("summary"),
    homePage: fields.get("home_page"),
    license: fields.get("license"),
  });
}

/** Reads a form to its end. Leaves nothing behind if it fails. @throws Problem, or the error of the connection */
async function readUpload(exchange: Exchange, blobs: Blobs, maxBytes: number): Promise<Upload> {
  const { headers } = exchange.req;
  if (!/^multipart\/form-data *;.*boundary="?[^" ]/i.test(headers["content-type"] ?? "")) {
    throw malformedUpload("an upload is a form: multipart/form-data");
  }
  if (Number(headers["content-length"] ?? 0) > maxBytes + MAX_OVERHEAD_BYTES) throw uploadTooLarge(maxBytes);
  const temporary = blobs.newTemporary();
  const fields = new Map<string, string>();
  const parser = new Busboy({
    headers: headers as BusboyHeaders,
    isPartAFile: (name) => name === "content",
    limits: { parts: MAX_PARTS, fieldSize: MAX_FIELD_BYTES, fieldNameSize: 100, fileSize: maxBytes, headerPairs: 16 },
  });
  let failure: unknown;
  let wake: () => void = () => undefined;
  const fail = (error: unknown) => {
    failure ??= error;
    wake();
  };
  let storing: Promise<{ file: string; size: number; hashes: Upload["hashes"] }> | undefined;
  parser.on("field", (field: string | undefined, value: string) => {
    // No field that can be repeated is used.
    if (field !== undefined && !fields.has(field)) fields.set(field, value);
  });
  parser.on("file", (_field: string | undefined, stream: Readable, filename: string | undefined) => {
    stream.on("error", () => undefined);
    if (storing !== undefined) {
      stream.resume();
      return fail(malformedUpload('there is more than one file "content"'));
    }
    stream.once("limit", () => fail(uploadTooLarge(maxBytes)));
    storing = store(stream, temporary).then((stored) => ({ file: filename ?? "", ...stored }));
    storing.catch((error: unknown) => {
      stream.resume();
      fail(storageProblem(error));
    });
  });
  parser.on("partsLimit", () => fail(malformedUpload(`a form has at most ${MAX_PARTS} parts`)));
  parser.on("error", () => fail(malformedUpload("the form does not parse")));
  let finished = false;
  parser.on("finish", () => {
    finished = true;
    wake();
  });
  const until = async (begin: (done: () => void) => void) => {
    if (failure === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        begin(resolve);
      });
    }
    if (failure !== undefined) throw failure;
  };
  try {
    exchange.acceptBody();
    for await (const chunk of exchange.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      exchange.received += chunk.length;
      if (exchange.received > maxBytes + MAX_OVERHEAD_BYTES) throw uploadTooLarge(maxBytes);
      await until((done) => parser.write(chunk, () => done()));
    }
    await until((done) => {
      parser.end();
      if (finished) done();
    });
    if (storing === undefined) throw malformedUpload('the form has no file "content"');
    return { fields, temporary, ...(await storing) };
  } catch (error) {
    failure ??= error;
    parser.destroy();
    await storing?.catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

async function store(stream: Readable, temporary: string): Promise<{ size: number; hashes: Upload["hashes"] }> {
  const [sha256, md5] = [createHash("sha256"), createHash("md5")];
  const file = await open(temporary, "wx", 0o600);
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      sha256.update(chunk);
      md5.update(chunk);
      await file.writeFile(chunk);
      size += chunk.length;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  return { size, hashes: { sha256: sha256.digest("hex"), md5: md5.digest("hex") } };
}
