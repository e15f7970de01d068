/** Sends the assets of packages: stored ones, or downloads that every repository on the way then retains. */
import type { Exchange } from "../../http/server/exchange.js";
import { MAX_METADATA_BYTES, readWheelMetadata } from "../pypi/wheel.js";
import type { Blobs } from "../store/blobs.js";
import type { ExpectedAsset, StoredAsset, Transfer, Transfers } from "../store/transfer.js";
import type { Connection } from "../upstream/connection.js";
import { UpstreamError } from "../upstream/errors.js";
import type { Importer } from "../upstream/importer.js";
import type { UpstreamLimits } from "../upstream/limits.js";
import type { Asset } from "./model.js";
import type { PackageViews, PackageViewsDependencies, RepositoryPackage } from "./package-views.js";
import { noAsset, storageProblem, upstreamFailed } from "./problems.js";
import { retained } from "./retain.js";
import { sendBlob, sendTransfer } from "./send-asset.js";
import type { AssetEntry, PackageView, VersionEntry } from "./version-view.js";

export interface PackageServiceDependencies extends PackageViewsDependencies {
  readonly views: PackageViews;
  readonly transfers: Transfers;
  readonly limits: UpstreamLimits;
  readonly importer: Importer;
}

/** An asset in a view, with its version. */
interface FoundAsset {
  readonly version: VersionEntry;
  readonly entry: AssetEntry;
}

export interface AssetRequest {
  readonly wanted: RepositoryPackage;
  /** The file, for errors. */
  readonly file: string;
  readonly find: (view: PackageView) => FoundAsset | undefined;
}

/** A found asset, and the package that it was requested as. */
interface RequestedAsset extends FoundAsset {
  readonly wanted: RepositoryPackage;
}

/** How often a request tries again after its blob turned out to be lost. */
const MAX_ATTEMPTS = 3;
const BINARY = "application/octet-stream";

export class PackageService {
  readonly #connections: ReadonlyMap<string, Connection>;
  readonly #blobs: Blobs;

  constructor(readonly dependencies: PackageServiceDependencies) {
    this.#connections = dependencies.connections;
    this.#blobs = dependencies.blobs;
  }

  get views(): PackageViews {
    return this.dependencies.views;
  }

  /** Sends an asset. Every repository on its way retains it before the client gets the last bytes. @throws Problem */
  async sendAsset(exchange: Exchange, { wanted, file, find }: AssetRequest): Promise<void> {
    const { repository } = wanted;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const { view } = await this.views.show(wanted);
      const found = find(view);
      if (found === undefined) {
        throw view.failures.length > 0 ? upstreamFailed(file, view.failures) : noAsset(file, repository.name);
      }
      const requested = { wanted, ...found };
      const { sha256 } = found.entry.asset.hashes;
      if (sha256 !== undefined && this.#blobs.has(sha256)) {
        if (await this.#sendStored(exchange, requested, sha256)) return;
        continue;
      }
      const connection = this.#connectionOf(found.entry);
      if (connection === undefined) continue;
      if (await this.#sendDownload(exchange, requested, connection)) return;
    }
    throw noAsset(file, repository.name);
  }

  /** Sends the METADATA of a wheel (PEP 658). @throws Problem */
  async sendMetadata(exchange: Exchange, { wanted, file: wheel, find }: AssetRequest): Promise<void> {
    const file = `${wheel}.metadata`;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const { view } = await this.views.show(wanted);
      const found = find(view);
      if (found === undefined && view.failures.length > 0) throw upstreamFailed(file, view.failures);
      if (found?.entry.asset.metadata === undefined) break;
      let { sha256 } = found.entry.asset.metadata;
      if (!this.#blobs.has(sha256)) {
        const connection = this.#connectionOf(found.entry);
        if (connection === undefined) break;
        const stored = await this.#fetchMetadata({ wanted, ...found }, connection);
        // The wheel is retained now, with its own metadata.
        if (stored === undefined) continue;
        sha256 = stored.sha256;
      }
      if (sha256 !== undefined && (await sendBlob(exchange, this.#blobs, sha256, "text/plain; charset=utf-8"))) return;
    }
    throw noAsset(file, wanted.repository.name);
  }

  /** @returns false if the blob is lost. */
  async #sendStored(exchange: Exchange, requested: RequestedAsset, sha256: string): Promise<boolean> {
    const { wanted, version, entry } = requested;
    const { repository, format, name } = wanted;
    const mine = this.dependencies.records.get(repository.id, format, name)?.versions[version.version.version];
    const known = mine?.assets.some((asset) => asset.name === entry.asset.name && asset.hashes.sha256 === sha256);
    if (known !== true) {
      const size = await this.#blobs.check(sha256);
      if (size === undefined) return false;
      await this.#retain(requested, { sha256, size, hashes: entry.asset.hashes });
    }
    return sendBlob(exchange, this.#blobs, sha256, BINARY);
  }

  /** @returns false if the downloaded blob is lost already. */
  async #sendDownload(exchange: Exchange, requested: RequestedAsset, connection: Connection): Promise<boolean> {
    const { asset } = requested.entry;
    const transfer = this.#download(connection, asset);
    const kept = transfer.done.then(async (stored) => {
      await this.#retain(requested, stored);
      return stored;
    });
    try {
      if (await sendTransfer(exchange, { transfer, kept, type: BINARY })) return true;
    } catch (error) {
      throw this.#upstreamProblem(connection, asset.name, error);
    } finally {
      // The download continues even if the client has gone away.
      kept.then(
        () => this.#importRest(requested, connection),
        (error: unknown) => this.dependencies.indexes.reportFailure(connection, error),
      );
    }
    const { sha256 } = await kept;
    return sendBlob(exchange, this.#blobs, sha256, BINARY);
  }

  #download(connection: Connection, asset: Asset): Transfer {
    const { limits, transfers, importer } = this.dependencies;
    const expected: ExpectedAsset = {
      name: asset.name,
      upstream: connection.name,
      hashes: asset.hashes,
      maxBytes: limits.assetBytes,
    };
    const key = `${connection.name} ${asset.url} ${JSON.stringify(asset.hashes)}`;
    return transfers.join(key, expected, () => connection.open(asset, importer.signal));
  }

  /**
   * An index may announce metadata that it does not have, or with a wrong digest. The wheel has the real ones.
   *
   * @returns undefined once the wheel is retained instead.
   * @throws Problem
   */
  async #fetchMetadata(requested: RequestedAsset, connection: Connection): Promise<StoredAsset | undefined> {
    const { asset } = requested.entry;
    try {
      return await this.#downloadMetadata(connection, asset).done;
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.down)
        throw this.#upstreamProblem(connection, `${asset.name}.metadata`, error);
      this.dependencies.log.warn({ event: "metadata-from-wheel", upstream: connection.name, cause: error.message });
    }
    try {
      await this.#retain(requested, await this.#download(connection, asset).done);
      return undefined;
    } catch (error) {
      throw this.#upstreamProblem(connection, asset.name, error);
    }
  }

  #downloadMetadata(connection: Connection, asset: Asset): Transfer {
    const hashes = asset.metadata ?? {};
    const expected: ExpectedAsset = {
      name: `${asset.name}.metadata`,
      upstream: connection.name,
      hashes,
      maxBytes: MAX_METADATA_BYTES,
    };
    const key = `${connection.name} ${asset.url} metadata ${hashes.sha256}`;
    return this.dependencies.transfers.join(key, expected, () => connection.openMetadata(asset));
  }

  /** Downloads the other files of the version in the background: the upstream may be gone when they are needed. */
  #importRest({ wanted, version }: RequestedAsset, connection: Connection): void {
    const { limits, importer } = this.dependencies;
    if (!limits.wholeVersions) return;
    const { repository, format, name } = wanted;
    for (const entry of version.assets.values()) {
      const { hashes, name: file } = entry.asset;
      if (this.#connectionOf(entry) !== connection || this.#blobs.has(hashes.sha256)) continue;
      const requested = { wanted, version, entry };
      importer.add(`${repository.id} ${format} ${name} ${file}`, () => this.#importAsset(requested, connection));
    }
  }

  async #importAsset(requested: RequestedAsset, connection: Connection): Promise<void> {
    const { asset } = requested.entry;
    if (this.#blobs.has(asset.hashes.sha256)) return;
    await this.#retain(requested, await this.#download(connection, asset).done);
  }

  /** Records the asset in each repository from the requested one to its source. Durable on return. */
  async #retain({ wanted, version, entry }: RequestedAsset, stored: StoredAsset): Promise<void> {
    const { records, repositories } = this.dependencies;
    const { format, name, repository } = wanted;
    const { path } = entry.source;
    const asset = await describe(entry, stored, this.#blobs);
    const holders = path[0]?.id === repository.id ? path : [repository];
    await Promise.all(
      holders.map(async (holder) => {
        // A repository that was deleted meanwhile must not come back.
        if (repositories.find(holder.domain, holder.name)?.id !== holder.id) return;
        const key = { format, name, domain: holder.domain };
        const arrival = { key, version: version.version, origin: version.origin, asset };
        await records.update(holder.id, format, name, (record) => retained(record, arrival, Date.now()));
      }),
    ).catch((error: unknown) => {
      throw storageProblem(error);
    });
  }

  #connectionOf({ source }: AssetEntry): Connection | undefined {
    return source.kind === "connection" ? this.#connections.get(source.connection) : undefined;
  }

  #upstreamProblem(connection: Connection, file: string, error: unknown): unknown {
    const { indexes, log } = this.dependencies;
    indexes.reportFailure(connection, error);
    if (!(error instanceof UpstreamError)) return storageProblem(error);
    log.warn({ event: "upstream-failed", upstream: connection.name, file, cause: error.message });
    return upstreamFailed(file, [error.message]);
  }
}

/** The asset with what is known once its content is stored. */
async function describe({ asset, source }: AssetEntry, stored: StoredAsset, blobs: Blobs): Promise<Asset> {
  const known: Asset = { ...asset, size: stored.size, hashes: { ...asset.hashes, ...stored.hashes } };
  if (source.kind === "repository" || !asset.name.endsWith(".whl")) return known;
  const metadata = await readWheelMetadata(blobs.path(stored.sha256)).catch(() => undefined);
  const { metadata: _theirs, ...rest } = known;
  return metadata === undefined ? rest : { ...rest, metadata: { sha256: await blobs.keep(metadata) } };
}
