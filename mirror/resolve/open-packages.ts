/** Opens the packages of the repositories: implements `Packages` of contract.ts. */

import { defined } from "../../base/defined.js";
import { compareText } from "../../base/text/compare.js";
import { npmRoutes } from "../npm/routes.js";
import { pypiRoutes } from "../pypi/routes.js";
import { Blobs } from "../store/blobs.js";
import { Records } from "../store/records.js";
import { Transfers } from "../store/transfer.js";
import type { Connection } from "../upstream/connection.js";
import { Importer } from "../upstream/importer.js";
import { IndexCache } from "../upstream/index-cache.js";
import { UPSTREAM_LIMITS, type UpstreamLimits } from "../upstream/limits.js";
import { openConnection } from "../upstream/open-connection.js";
import type {
  AssetSummary,
  OpenPackages,
  PackageName,
  PackageSummary,
  Packages,
  PackagesOptions,
  RepositoryNode,
  VersionSummary,
} from "./contract.js";
import type { KeptVersion, PackageRecord } from "./model.js";
import { PackageService } from "./package-service.js";
import { PackageViews } from "./package-views.js";
import { emptyRecord, OPEN, withoutVersion } from "./retain.js";

interface Options extends PackagesOptions {
  readonly limits?: Partial<UpstreamLimits>;
}

/** @throws Fault */
export const openPackages: OpenPackages = async (options: Options): Promise<Packages> => {
  const { dir, repositories, log } = options;
  const limits = { ...UPSTREAM_LIMITS, ...options.limits };
  const connections = new Map<string, Connection>();
  for (const [name, place] of Object.entries(options.connections)) {
    connections.set(name, await openConnection(name, place, limits));
  }
  const records = await Records.open(dir, repositories.ids());
  const blobs = await Blobs.open(dir);
  const removed = await blobs.collect(referencedBlobs(records.everything()));
  if (removed > 0) log.info({ event: "collected", removed }, "unreferenced contents were removed");
  const importer = new Importer(log);
  const indexes = new IndexCache(limits, log);
  const shared = { repositories, connections, records, blobs, indexes, log };
  const views = new PackageViews(shared);
  const service = new PackageService({ ...shared, views, transfers: new Transfers(blobs), limits, importer });

  return {
    routes: { pypi: pypiRoutes(service), npm: npmRoutes(service) },

    list: async (node) => [...records.all(node.id)].map(summaryOf).sort(byName),

    describe: async (node, name) => {
      const record = records.get(node.id, name.format, fullName(name));
      return record === undefined ? undefined : summaryOf(record);
    },

    versions: async (node, name) => {
      const record = records.get(node.id, name.format, fullName(name));
      if (record === undefined) return undefined;
      const versions = Object.values(record.versions).map(describeVersion);
      return versions.sort((a, b) => (b.publishedMs ?? 0) - (a.publishedMs ?? 0));
    },

    assets: async (node, name, version) => {
      const kept = versionOf(records, node, name, version);
      if (kept === undefined) return undefined;
      return kept.assets.flatMap(({ name: file, size, hashes }): AssetSummary[] => {
        const { sha256, sha512, md5 } = hashes;
        // A file that is listed but not stored is still the upstream's.
        if (size === undefined || sha256 === undefined || !blobs.has(sha256)) return [];
        const others = defined({ sha512, md5 });
        return [{ name: file, size, hashes: { sha256, ...others } }];
      });
    },

    setOrigin: async (node, name, controls) => {
      const full = fullName(name);
      const key = { format: name.format, name: full, domain: node.domain };
      const record = await records.update(node.id, name.format, full, (before) => ({
        ...(before ?? emptyRecord(key, OPEN)),
        controls,
      }));
      return summaryOf(record ?? emptyRecord(key, controls));
    },

    deleteVersion: async (node, name, version) => {
      let found = false;
      await records.update(node.id, name.format, fullName(name), (record) => {
        found = record !== undefined && Object.hasOwn(record.versions, version);
        return record === undefined || !found ? record : withoutVersion(record, version);
      });
      return found;
    },

    deletePackage: async (node, name) => {
      let before: PackageRecord | undefined;
      await records.update(node.id, name.format, fullName(name), (record) => {
        before = record;
        return undefined;
      });
      return before === undefined ? undefined : summaryOf(before);
    },

    repositoryDeleted: (node) => records.remove(node.id),

    assetBytes: async (domain) => {
      const sizes = new Map<string, number>();
      for (const record of records.everything()) {
        if (record.domain !== domain) continue;
        for (const { assets } of Object.values(record.versions)) {
          for (const { size, hashes } of assets) {
            if (size !== undefined && blobs.has(hashes.sha256)) sizes.set(hashes.sha256 ?? "", size);
          }
        }
      }
      return [...sizes.values()].reduce((sum, size) => sum + size, 0);
    },

    close: () => importer.close(),
  };
};

function referencedBlobs(records: Iterable<PackageRecord>): ReadonlySet<string> {
  const used = new Set<string>();
  for (const { versions } of records) {
    for (const { assets } of Object.values(versions)) {
      for (const { hashes, metadata } of assets) {
        if (hashes.sha256 !== undefined) used.add(hashes.sha256);
        if (metadata?.sha256 !== undefined) used.add(metadata.sha256);
      }
    }
  }
  return used;
}

const fullName = ({ namespace, name }: PackageName) => (namespace === undefined ? name : `@${namespace}/${name}`);

function versionOf(
  records: Records,
  node: RepositoryNode,
  name: PackageName,
  version: string,
): KeptVersion | undefined {
  const versions = records.get(node.id, name.format, fullName(name))?.versions ?? {};
  return Object.hasOwn(versions, version) ? versions[version] : undefined;
}

function summaryOf({ format, name, controls }: PackageRecord): PackageSummary {
  const scoped = /^@([^/]+)\/(.+)$/.exec(name);
  const [, namespace, bare] = scoped ?? [];
  return defined({ format, name: bare ?? name, namespace, origin: controls });
}

function describeVersion({ version, revision, origin, publishedMs, summary, homePage, license }: KeptVersion) {
  const described: VersionSummary = defined({
    version,
    revision,
    status: "Published",
    origin,
    publishedMs,
    summary,
    homePage,
    license,
  });
  return described;
}

function byName(a: PackageSummary, b: PackageSummary): number {
  return (
    compareText(a.format, b.format) || compareText(a.namespace ?? "", b.namespace ?? "") || compareText(a.name, b.name)
  );
}
