/** Views of packages, kept for as long as they hold, and assets: from here, or from where the view says. */
import type { Logger } from "pino";
import type { Exchange } from "../../http/server/exchange.js";
import type { PackageFormat } from "../package-format.js";
import { readWheelMetadata } from "../pypi/wheel.js";
import type { Blobs } from "../store/blobs.js";
import { Lru } from "../store/lru.js";
import type { Records } from "../store/records.js";
import type { ExpectedAsset, StoredAsset, Transfer, Transfers } from "../store/transfer.js";
import type { Connection } from "../upstream/connection.js";
import { UpstreamError } from "../upstream/errors.js";
import type { Importer } from "../upstream/importer.js";
import type { IndexCache, LookupResult } from "../upstream/index-cache.js";
import type { UpstreamLimits } from "../upstream/limits.js";
import type { Repositories, RepositoryNode } from "./contract.js";
import type { Asset, PackageRecord } from "./model.js";
import { noAsset, storageProblem, upstreamFailed } from "./problems.js";
import { retained, withYankedFiles } from "./retain.js";
import { sendAlong, sendBlob } from "./send-asset.js";
import { type AssetEntry, mergeView, type PackageView, type SourceResult, type VersionEntry } from "./version-view.js";
import { type PackageSource, walk } from "./walk.js";

export interface PackageServiceDependencies {
  readonly repositories: Repositories;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly records: Records;
  readonly blobs: Blobs;
  readonly indexes: IndexCache;
  readonly transfers: Transfers;
  readonly limits: UpstreamLimits;
  readonly importer: Importer;
  readonly log: Logger;
}

/** A view, and what was made of it. */
export interface CachedView {
  readonly view: PackageView;
  /** Pages rendered from it, by what they are; they go when it changes. */
  readonly pages: Map<string, unknown>;
}

type LookupResults = ReadonlyMap<string, LookupResult>;

interface KeptView extends CachedView {
  readonly inputs: readonly unknown[];
}

/** How often a blob that turns out to be lost is looked for anew. */
const ATTEMPTS = 3;
/** Files in the views that are kept: with its pages, each takes about a kilobyte. */
const VIEWED_FILES = 200_000;
/** Of a `.metadata` file. */
const METADATA_BYTES = 8 * 1024 * 1024;

export class PackageService {
  readonly #views = new Lru<KeptView>(VIEWED_FILES);
  readonly #refreshing = new Set<string>();

  constructor(readonly dependencies: PackageServiceDependencies) {}

  /** Without waiting, if everything is known. */
  peek(node: RepositoryNode, format: PackageFormat, name: string, answers?: LookupResults): CachedView | undefined {
    const { records, blobs } = this.dependencies;
    const places = this.#places(node, format, name);
    const inputs: unknown[] = [blobs.losses];
    const words: SourceResult[] = [];
    for (const place of places) {
      if (place.connection === undefined) {
        const record = records.get(place.node.id, format, name);
        words.push({ record });
        inputs.push(place.node.id, record);
      } else {
        const finding = answers?.get(place.connection) ?? this.#peekConnection(place.connection, name);
        if (finding === undefined) return undefined;
        words.push({ finding });
        inputs.push(place.connection, finding);
      }
    }
    const key = `${node.id} ${format} ${name}`;
    const kept = this.#views.get(key);
    if (kept !== undefined && same(kept.inputs, inputs)) return kept;
    const view = mergeView(places, words, (sha256) => blobs.has(sha256));
    const shown = { view, inputs, pages: new Map() };
    let files = 1;
    for (const { assets } of view.versions.values()) files += assets.size;
    this.#views.set(key, shown, files);
    if (view.refresh.length > 0) void this.#refresh(view, key, format, name);
    return shown;
  }

  async show(node: RepositoryNode, format: PackageFormat, name: string): Promise<CachedView> {
    // What was answered is good for this request, however short its time is.
    const answers = new Map<string, LookupResult>();
    for (;;) {
      const shown = this.peek(node, format, name, answers);
      if (shown !== undefined) return shown;
      const connections = this.#places(node, format, name).flatMap(({ connection }) => {
        const known = this.dependencies.connections.get(connection ?? "");
        return known === undefined ? [] : [known];
      });
      const ask = async (connection: Connection) => {
        answers.set(connection.name, await this.dependencies.indexes.lookup(connection, name));
      };
      await Promise.all(connections.map(ask));
    }
  }

  /**
   * Answers with an asset, which every repository on its way retains before the client has the last of it.
   *
   * @param find the asset's version and the asset, in a view
   */
  async sendAsset(
    exchange: Exchange,
    node: RepositoryNode,
    format: PackageFormat,
    name: string,
    file: string,
    find: (view: PackageView) => { readonly offer: VersionEntry; readonly offered: AssetEntry } | undefined,
  ): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { view } = await this.show(node, format, name);
      const found = find(view);
      if (found === undefined) {
        throw view.failures.length > 0 ? upstreamFailed(file, view.failures) : noAsset(file, node.name);
      }
      const { offer, offered } = found;
      const { sha256 } = offered.asset.hashes;
      if (sha256 !== undefined && this.dependencies.blobs.has(sha256)) {
        if (await this.#sendStored(exchange, node, format, name, offer, offered, sha256)) return;
        continue;
      }
      const connection = this.dependencies.connections.get(offered.connection ?? "");
      if (connection === undefined) continue;
      if (await this.#sendFetched(exchange, node, connection, format, name, offer, offered)) return;
    }
    throw noAsset(file, node.name);
  }

  async sendMetadata(
    exchange: Exchange,
    node: RepositoryNode,
    name: string,
    file: string,
    find: (view: PackageView) => { readonly offered: AssetEntry } | undefined,
  ): Promise<void> {
    const { blobs, connections, transfers } = this.dependencies;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { view } = await this.show(node, "pypi", name);
      const asset = find(view)?.offered.asset;
      if (asset === undefined && view.failures.length > 0) throw upstreamFailed(`${file}.metadata`, view.failures);
      if (asset?.metadata === undefined) break;
      let { sha256 } = asset.metadata;
      if (!blobs.has(sha256)) {
        const connection = connections.get(find(view)?.offered.connection ?? "");
        if (connection === undefined) break;
        const expected: ExpectedAsset = {
          name: `${asset.name}.metadata`,
          upstream: connection.name,
          hashes: asset.metadata,
          maxBytes: METADATA_BYTES,
        };
        const key = `${connection.name} ${asset.url} metadata ${sha256}`;
        const stored = await transfers
          .join(key, expected, () => connection.openMetadata(asset))
          .done.catch((error: unknown) => {
            throw this.#upstreamProblem(connection, `${file}.metadata`, error);
          });
        sha256 = stored.sha256;
      }
      if (sha256 !== undefined && (await sendBlob(exchange, blobs, sha256, "text/plain; charset=utf-8"))) return;
    }
    throw noAsset(`${file}.metadata`, node.name);
  }

  /** Fetches an asset that nobody waits for. @throws what went wrong */
  async importAsset(
    node: RepositoryNode,
    connection: Connection,
    name: string,
    offer: VersionEntry,
    offered: AssetEntry,
  ): Promise<void> {
    if (this.dependencies.blobs.has(offered.asset.hashes.sha256)) return;
    const stored = await this.#fetch(connection, offered.asset).done;
    await this.#retain(connection.format, name, offer, offered, node, stored);
  }

  async #sendStored(
    exchange: Exchange,
    node: RepositoryNode,
    format: PackageFormat,
    name: string,
    offer: VersionEntry,
    offered: AssetEntry,
    sha256: string,
  ): Promise<boolean> {
    const { blobs } = this.dependencies;
    const mine = this.dependencies.records.get(node.id, format, name)?.versions[offer.version.version];
    const known = mine?.assets.some(
      ({ name: file, hashes }) => file === offered.asset.name && hashes.sha256 === sha256,
    );
    if (known !== true) {
      const size = await blobs.check(sha256);
      if (size === undefined) return false;
      const stored = { sha256, size, hashes: offered.asset.hashes };
      await this.#retain(format, name, offer, offered, node, stored);
    }
    return sendBlob(exchange, blobs, sha256, "application/octet-stream");
  }

  async #sendFetched(
    exchange: Exchange,
    node: RepositoryNode,
    connection: Connection,
    format: PackageFormat,
    name: string,
    offer: VersionEntry,
    offered: AssetEntry,
  ): Promise<boolean> {
    const transfer = this.#fetch(connection, offered.asset);
    const kept = transfer.done.then(async (stored) => {
      await this.#retain(format, name, offer, offered, node, stored);
      return stored;
    });
    try {
      if (await sendAlong(exchange, transfer, kept, "application/octet-stream")) return true;
    } catch (error) {
      throw this.#upstreamProblem(connection, offered.asset.name, error);
    } finally {
      // Also where the client went away: what it asked for still comes in.
      kept.then(
        () => this.#importRest(node, connection, format, name, offer),
        (error: unknown) => this.dependencies.indexes.failed(connection, error),
      );
    }
    const { sha256 } = await kept;
    return sendBlob(exchange, this.dependencies.blobs, sha256, "application/octet-stream");
  }

  #fetch(connection: Connection, asset: Asset): Transfer {
    const expected: ExpectedAsset = {
      name: asset.name,
      upstream: connection.name,
      hashes: asset.hashes,
      maxBytes: this.dependencies.limits.assetBytes,
    };
    const key = `${connection.name} ${asset.url} ${JSON.stringify(asset.hashes)}`;
    return this.dependencies.transfers.join(key, expected, () =>
      connection.open(asset, this.dependencies.importer.signal),
    );
  }

  /** The rest of the version, behind the client's back: the upstream may be gone when it is asked for (P-04). */
  #importRest(
    node: RepositoryNode,
    connection: Connection,
    format: PackageFormat,
    name: string,
    offer: VersionEntry,
  ): void {
    if (!this.dependencies.limits.wholeVersions) return;
    for (const offered of offer.assets.values()) {
      if (offered.connection !== connection.name || this.dependencies.blobs.has(offered.asset.hashes.sha256)) continue;
      const key = `${node.id} ${format} ${name} ${offered.asset.name}`;
      this.dependencies.importer.add(key, () => this.importAsset(node, connection, name, offer, offered));
    }
  }

  /** Durable on return, in each repository from the one that was asked to the one where it is. */
  async #retain(
    format: PackageFormat,
    name: string,
    offer: VersionEntry,
    offered: AssetEntry,
    node: RepositoryNode,
    stored: StoredAsset,
  ): Promise<void> {
    const { records, blobs, repositories } = this.dependencies;
    const { place } = offered;
    const asset = await describe(offered.asset, stored, blobs, offered.connection !== undefined);
    const path = place.path[0]?.id === node.id ? place.path : [node];
    await Promise.all(
      path.map(async (holder) => {
        // Deleted meanwhile: it must not come back.
        if (repositories.find(holder.domain, holder.name)?.id !== holder.id) return;
        const key = { format, name, domain: holder.domain };
        await records.update(holder.id, format, name, (record) =>
          retained(record, key, offer.version, asset, offer.origin, Date.now()),
        );
      }),
    ).catch((error: unknown) => {
      throw storageProblem(error);
    });
  }

  #upstreamProblem(connection: Connection, what: string, error: unknown): unknown {
    this.dependencies.indexes.failed(connection, error);
    if (!(error instanceof UpstreamError)) return storageProblem(error);
    this.dependencies.log.warn({
      event: "upstream-failed",
      upstream: connection.name,
      file: what,
      cause: error.message,
    });
    return upstreamFailed(what, [error.message]);
  }

  #places(node: RepositoryNode, format: PackageFormat, name: string): readonly PackageSource[] {
    const { records, repositories } = this.dependencies;
    return walk(node, format, repositories, ({ id }) => {
      return records.get(id, format, name)?.controls.upstream !== "BLOCK";
    });
  }

  #peekConnection(connectionName: string, name: string): LookupResult | undefined {
    const connection = this.dependencies.connections.get(connectionName);
    if (connection !== undefined) return this.dependencies.indexes.peek(connection, name);
    let finding = UNCONFIGURED.get(connectionName);
    if (finding === undefined) {
      finding = { kind: "failed", reason: `the upstream ${connectionName} has no address in the mirror's settings` };
      UNCONFIGURED.set(connectionName, finding);
    }
    return finding;
  }

  /** What is yanked now stays yanked when the upstream is gone. */
  async #refresh(view: PackageView, key: string, format: PackageFormat, name: string): Promise<void> {
    if (this.#refreshing.has(key)) return;
    this.#refreshing.add(key);
    try {
      for (const { place, version, yanked } of view.refresh) {
        const change = (record: PackageRecord | undefined) => withYankedFiles(record, version, yanked);
        await this.dependencies.records.update(place.node.id, format, name, change);
      }
    } catch (error) {
      this.dependencies.log.error({ event: "refresh-failed", package: name, cause: String(error) });
    } finally {
      this.#refreshing.delete(key);
    }
  }
}

const UNCONFIGURED = new Map<string, LookupResult>();

/** What is known of an asset once it is here. */
async function describe(asset: Asset, stored: StoredAsset, blobs: Blobs, isNew: boolean): Promise<Asset> {
  const known: Asset = { ...asset, size: stored.size, hashes: { ...asset.hashes, ...stored.hashes } };
  if (!isNew || !asset.name.endsWith(".whl")) return known;
  const metadata = await readWheelMetadata(blobs.path(stored.sha256)).catch(() => undefined);
  const { metadata: _theirs, ...rest } = known;
  return metadata === undefined ? rest : { ...rest, metadata: { sha256: await blobs.keep(metadata) } };
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
