/** Merged views of packages, cached for as long as none of their sources has changed. */
import type { Logger } from "pino";
import type { PackageFormat } from "../package-format.js";
import type { Blobs } from "../store/blobs.js";
import { Lru } from "../store/lru.js";
import type { Records } from "../store/records.js";
import type { Connection } from "../upstream/connection.js";
import type { IndexCache, LookupResult } from "../upstream/index-cache.js";
import type { Repositories, RepositoryNode } from "./contract.js";
import type { PackageRecord } from "./model.js";
import { withYankedFiles } from "./retain.js";
import { mergeView, type PackageView, type SourceResult } from "./version-view.js";
import { type PackageSource, walk } from "./walk.js";

/** A package as a repository is asked for it. */
export interface RepositoryPackage {
  readonly repository: RepositoryNode;
  readonly format: PackageFormat;
  /** Normalised. */
  readonly name: string;
}

/** A view, and the pages rendered from it. */
export interface CachedView {
  readonly view: PackageView;
  /** By a key of the renderer's choice; dropped with the view. */
  readonly pages: Map<string, unknown>;
}

export interface PackageViewsDependencies {
  readonly repositories: Repositories;
  readonly connections: ReadonlyMap<string, Connection>;
  readonly records: Records;
  readonly blobs: Blobs;
  readonly indexes: IndexCache;
  readonly log: Logger;
}

interface MergedView extends CachedView {
  /** What the view was made of, compared by reference. */
  readonly inputs: readonly unknown[];
}

/** Files in all cached views: with its pages, each takes about a kilobyte. */
const MAX_VIEWED_FILES = 200_000;

export class PackageViews {
  readonly #cached = new Lru<MergedView>(MAX_VIEWED_FILES);
  readonly #refreshing = new Set<string>();
  readonly #unconfigured = new Map<string, LookupResult>();

  constructor(private readonly dependencies: PackageViewsDependencies) {}

  /**
   * The view, if it can be made without asking an upstream.
   *
   * @param lookups results that count as fresh, by connection.
   */
  peek(wanted: RepositoryPackage, lookups?: ReadonlyMap<string, LookupResult>): CachedView | undefined {
    const { records, blobs } = this.dependencies;
    const { repository, format, name } = wanted;
    const inputs: unknown[] = [blobs.losses];
    const results: SourceResult[] = [];
    for (const source of this.#sources(wanted)) {
      if (source.kind === "repository") {
        const record = records.get(source.node.id, format, name);
        results.push({ source, record });
        inputs.push(source.node.id, record);
      } else {
        const lookup = lookups?.get(source.connection) ?? this.#peekConnection(source.connection, name);
        if (lookup === undefined) return undefined;
        results.push({ source, lookup });
        inputs.push(source.connection, lookup);
      }
    }
    const key = `${repository.id} ${format} ${name}`;
    const cached = this.#cached.get(key);
    if (cached !== undefined && same(cached.inputs, inputs)) return cached;
    const view = mergeView(results, (sha256) => blobs.has(sha256));
    const merged = { view, inputs, pages: new Map() };
    let files = 1;
    for (const { assets } of view.versions.values()) files += assets.size;
    this.#cached.set(key, merged, files);
    if (view.refresh.length > 0) void this.#refresh(wanted, view, key);
    return merged;
  }

  /** The view, with the upstreams asked where that is needed. */
  async show(wanted: RepositoryPackage): Promise<CachedView> {
    const { connections, indexes } = this.dependencies;
    // A result counts for this request, however short its time to live.
    const lookups = new Map<string, LookupResult>();
    for (;;) {
      const cached = this.peek(wanted, lookups);
      if (cached !== undefined) return cached;
      const asked = this.#sources(wanted).flatMap((source) => {
        const connection = source.kind === "connection" ? connections.get(source.connection) : undefined;
        return connection === undefined ? [] : [connection];
      });
      const ask = async (connection: Connection) => {
        lookups.set(connection.name, await indexes.lookup(connection, wanted.name));
      };
      await Promise.all(asked.map(ask));
    }
  }

  #sources({ repository, format, name }: RepositoryPackage): readonly PackageSource[] {
    const { records, repositories } = this.dependencies;
    return walk(repository, format, repositories, ({ id }) => {
      return records.get(id, format, name)?.controls.upstream !== "BLOCK";
    });
  }

  #peekConnection(connectionName: string, name: string): LookupResult | undefined {
    const connection = this.dependencies.connections.get(connectionName);
    if (connection !== undefined) return this.dependencies.indexes.peek(connection, name);
    let result = this.#unconfigured.get(connectionName);
    if (result === undefined) {
      result = { kind: "failed", reason: `the upstream ${connectionName} has no address in the mirror's settings` };
      this.#unconfigured.set(connectionName, result);
    }
    return result;
  }

  /** Stores which files are yanked, so that they stay yanked when the upstream is gone. */
  async #refresh({ format, name }: RepositoryPackage, view: PackageView, key: string): Promise<void> {
    if (this.#refreshing.has(key)) return;
    this.#refreshing.add(key);
    try {
      for (const { node, version, yanked } of view.refresh) {
        const change = (record: PackageRecord | undefined) => withYankedFiles(record, version, yanked);
        await this.dependencies.records.update(node.id, format, name, change);
      }
    } catch (error) {
      this.dependencies.log.error({ event: "refresh-failed", package: name, cause: String(error) });
    } finally {
      this.#refreshing.delete(key);
    }
  }
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
