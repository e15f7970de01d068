/** A directory of wheels and source archives, or of npm tarballs, as an index. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import { defined } from "../../base/defined.js";
import { tarballName, withoutText } from "../npm/document.js";
import { compareSemver, isSemver } from "../npm/semver.js";
import { readTarballManifest } from "../npm/tarball.js";
import type { PackageFormat } from "../package-format.js";
import { parsePythonFile } from "../pypi/names.js";
import { byVersion } from "../pypi/parse-simple.js";
import { parseMetadata, readWheelMetadata } from "../pypi/wheel.js";
import type { Asset, Hashes, IndexDocument, Manifest, Version } from "../resolve/model.js";
import type { Download } from "../store/transfer.js";
import type { Connection, FetchedIndex } from "./connection.js";
import { errorsOf, type UpstreamErrors } from "./errors.js";
import type { UpstreamLimits } from "./limits.js";

/** What a file contains, valid while its inode, size and time stay the same. */
interface Seen {
  readonly state: string;
  readonly project: string;
  readonly asset: Asset;
  readonly manifest?: Manifest;
}

export interface DirectoryOptions {
  readonly name: string;
  readonly format: PackageFormat;
  readonly dir: string;
  readonly limits: UpstreamLimits;
}

export function openDirectory({ name, format, dir, limits }: DirectoryOptions): Connection {
  const errors = errorsOf(name);
  const seen = new Map<string, Promise<Seen | undefined>>();
  const states = new Map<string, string>();

  /** Reads each file of `project` that is new or has changed. */
  const look = async (project: string): Promise<Seen[]> => {
    const files = await readdir(dir).catch((error: unknown) => {
      throw errors.unreadable(error);
    });
    const found: Seen[] = [];
    for (const file of files.sort()) {
      // The name of a tarball does not say where the package's name ends: for npm, all files are read once.
      if (format === "pypi" ? parsePythonFile(file, project) === undefined : !file.endsWith(".tgz")) continue;
      const path = join(dir, file);
      const entry = await stat(path, { bigint: true }).catch(() => undefined);
      if (entry === undefined || !entry.isFile()) continue;
      const state = `${entry.ino}:${entry.size}:${entry.mtimeNs}`;
      if (states.get(path) !== state) {
        states.set(path, state);
        const looking = format === "pypi" ? readPythonFile(path, file, project) : readNpmFile(path);
        seen.set(
          path,
          looking.then(
            (facts) => (facts === undefined ? undefined : { ...facts, state }),
            () => undefined,
          ),
        );
      }
      const facts = await seen.get(path);
      if (facts?.project === project) found.push(facts);
    }
    return found;
  };

  return {
    name,
    format,
    ttlMs: limits.directoryTtlMs,
    async index(project, previous) {
      const found = await look(project);
      const etag = found.map(({ asset, state }) => `${asset.name} ${state}`).join("\n");
      if (previous !== undefined && previous.etag === etag) return previous;
      const document = found.length === 0 ? undefined : format === "pypi" ? pypi(found, project) : npm(found);
      return { document, etag, bytes: 1_000 * found.length } satisfies FetchedIndex;
    },
    open: async (asset) => openFile(asset, errors),
    openMetadata: async (asset) => {
      const metadata = asset.url === undefined ? undefined : await readWheelMetadata(fileURLToPath(asset.url));
      if (metadata !== undefined) return { body: Readable.from([metadata]), length: metadata.length };
      throw errors.noMetadata(asset.name);
    },
  };
}

function pypi(found: readonly Seen[], project: string): IndexDocument {
  return {
    versions: byVersion(
      found.map(({ asset }) => asset),
      project,
    ),
    tags: {},
  };
}

function npm(found: readonly Seen[]): IndexDocument {
  const versions = new Map<string, Version>();
  for (const { asset, manifest } of found) {
    const version = String(manifest?.version);
    if (manifest !== undefined) versions.set(version, { version, assets: [asset], manifest });
  }
  const releases = [...versions.keys()].filter((version) => !version.includes("-")).sort(compareSemver);
  const latest = releases.at(-1);
  return { versions, tags: latest === undefined ? {} : { latest } };
}

async function readPythonFile(path: string, file: string, project: string): Promise<Omit<Seen, "state"> | undefined> {
  const { size, mtime } = await stat(path);
  const metadata = file.endsWith(".whl") ? await readWheelMetadata(path).catch(() => undefined) : undefined;
  const requiresPython = metadata === undefined ? undefined : parseMetadata(metadata).get("requires-python");
  const asset: Asset = defined({
    name: file,
    url: pathToFileURL(path).href,
    size,
    hashes: await hashFile(path, ["sha256"]),
    uploaded: mtime.toISOString(),
    requiresPython,
    metadata: metadata === undefined ? undefined : { sha256: createHash("sha256").update(metadata).digest("hex") },
  });
  return { project, asset };
}

async function readNpmFile(path: string): Promise<Omit<Seen, "state"> | undefined> {
  const manifest = await readTarballManifest(path);
  const { name, version } = manifest ?? {};
  if (manifest === undefined || typeof name !== "string" || typeof version !== "string" || !isSemver(version)) {
    return undefined;
  }
  const { size, mtime } = await stat(path);
  const asset: Asset = {
    name: tarballName(name, version),
    url: pathToFileURL(path).href,
    size,
    hashes: await hashFile(path, ["sha256", "sha512", "sha1"]),
    uploaded: mtime.toISOString(),
  };
  return { project: name, asset, manifest: withoutText(manifest) };
}

async function hashFile(path: string, algorithms: readonly (keyof Hashes)[]): Promise<Hashes> {
  const digests = algorithms.map((algorithm) => [algorithm, createHash(algorithm)] as const);
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    for (const [, digest] of digests) digest.update(chunk);
  }
  return Object.fromEntries(digests.map(([algorithm, digest]) => [algorithm, digest.digest("hex")]));
}

function openFile(asset: Asset, errors: UpstreamErrors): Download {
  if (asset.url === undefined) throw errors.noAsset(asset.name);
  const body = createReadStream(new URL(asset.url), { highWaterMark: 256 * 1024 });
  return defined({ body, length: asset.size });
}
