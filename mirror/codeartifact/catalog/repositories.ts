/** Changes of repositories: from the catalog and a request to the records to write. Pure. */

import { defined } from "../../../base/defined.js";
import type { Change, Decision } from "../../store/durable-map.js";
import { conflict, invalid, missing, quotaExceeded } from "../errors.js";
import { CONNECTIONS } from "../names.js";
import { QUOTAS } from "../quotas.js";
import type { Catalog } from "./catalog.js";
import { type CatalogRecord, keyOf, type RepositoryRecord, repositoryKey, type Tag } from "./records.js";

type Decided = Decision<CatalogRecord, RepositoryRecord>;

export interface NewRepository {
  readonly id: string;
  readonly domain: string;
  readonly name: string;
  readonly description?: string;
  readonly upstreams: readonly string[];
  readonly tags: readonly Tag[];
  readonly nowMs: number;
}

/** @throws ApiError */
export function createRepository(catalog: Catalog, request: NewRepository): Decided {
  const { domain, name, upstreams, nowMs, id, tags, description } = request;
  const owner = catalog.domain(domain);
  if (catalog.has(domain, name)) {
    throw conflict(`Repository '${name}' already exists in domain '${domain}'.`, "repository", name);
  }
  if (catalog.repositories().length >= QUOTAS.repositories) {
    throw quotaExceeded(`An account has at most ${QUOTAS.repositories} repositories.`, "repository", name);
  }
  checkUpstreams(catalog, domain, name, upstreams);
  const record: RepositoryRecord = defined({
    kind: "repository",
    id,
    domain,
    name,
    arn: `${owner.arn.replace(":domain/", ":repository/")}/${name}`,
    createdMs: nowMs,
    description,
    upstreams,
    connections: [],
    tags,
  });
  return decided(record);
}

export interface RepositoryUpdate {
  readonly description?: string;
  readonly upstreams?: readonly string[];
}

/** Members that are missing stay as they are. @throws ApiError */
export function updateRepository(catalog: Catalog, domain: string, name: string, update: RepositoryUpdate): Decided {
  const record = catalog.repository(domain, name);
  if (update.upstreams !== undefined) checkUpstreams(catalog, domain, name, update.upstreams);
  return decided({ ...record, ...update });
}

/**
 * Its downstreams lose it as an upstream at the same time: a later repository of the same name must not become their
 * upstream.
 *
 * @throws ApiError
 */
export function deleteRepository(catalog: Catalog, domain: string, name: string): Decided {
  const record = catalog.repository(domain, name);
  const downstreams = catalog.repositories(domain).filter(({ upstreams }) => upstreams.includes(name));
  const changes = downstreams.map((downstream): Change<CatalogRecord> => {
    const upstreams = downstream.upstreams.filter((upstream) => upstream !== name);
    return { key: keyOf(downstream), value: { ...downstream, upstreams } };
  });
  return { changes: [{ key: repositoryKey(domain, name) }, ...changes], result: record };
}

/** @throws ApiError */
export function associate(catalog: Catalog, domain: string, name: string, connection: string): Decided {
  const record = catalog.repository(domain, name);
  if (!Object.hasOwn(CONNECTIONS, connection)) {
    throw invalid(`'${connection}' is no external connection; there are ${Object.keys(CONNECTIONS).join(", ")}.`);
  }
  if (record.connections.includes(connection)) {
    throw conflict(`Repository '${name}' already has the external connection '${connection}'.`, "repository", name);
  }
  if (record.connections.length >= QUOTAS.connections) {
    throw quotaExceeded(`A repository has at most ${QUOTAS.connections} external connection.`, "repository", name);
  }
  return decided({ ...record, connections: [...record.connections, connection] });
}

/** @throws ApiError */
export function disassociate(catalog: Catalog, domain: string, name: string, connection: string): Decided {
  const record = catalog.repository(domain, name);
  if (!record.connections.includes(connection)) throw missing("repository", connection);
  return decided({ ...record, connections: record.connections.filter((each) => each !== connection) });
}

function decided(record: RepositoryRecord): Decided {
  return { changes: [{ key: keyOf(record), value: record }], result: record };
}

/** At most ten, each existing and named once, and without a cycle. */
function checkUpstreams(catalog: Catalog, domain: string, name: string, upstreams: readonly string[]): void {
  if (upstreams.length > QUOTAS.upstreams) {
    throw quotaExceeded(`A repository has at most ${QUOTAS.upstreams} upstreams.`, "repository", name);
  }
  const twice = upstreams.find((upstream, index) => upstreams.indexOf(upstream) !== index);
  if (twice !== undefined) throw invalid(`Upstream '${twice}' is named twice.`);
  for (const upstream of upstreams) {
    if (upstream === name) throw invalid(`Repository '${name}' cannot be its own upstream.`);
    if (!catalog.has(domain, upstream)) throw missing("repository", upstream);
    if (reaches(catalog, domain, upstream, name)) {
      throw invalid(`Upstream '${upstream}' has '${name}' among its own upstreams: that would be a cycle.`);
    }
  }
}

function reaches(catalog: Catalog, domain: string, from: string, to: string): boolean {
  const seen = new Set<string>();
  const left = [from];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    if (at === to) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    left.push(...(catalog.find(domain, at)?.upstreams ?? []));
  }
  return false;
}
