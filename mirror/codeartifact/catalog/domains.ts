/** Changes of domains: from the catalog and a request to the records to write. Pure. */

import type { Change, Decision } from "../../store/durable-map.js";
import { conflict, quotaExceeded } from "../errors.js";
import { QUOTAS } from "../quotas.js";
import type { Catalog } from "./catalog.js";
import { type CatalogRecord, type DomainRecord, domainKey, type Tag } from "./records.js";

export interface NewDomain {
  readonly id: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** Only a name: nothing is encrypted here. @default AWS's own key for the account */
  readonly encryptionKey?: string;
  readonly tags: readonly Tag[];
  readonly nowMs: number;
}

/** @throws ApiError */
export function createDomain(catalog: Catalog, request: NewDomain): Decision<CatalogRecord, DomainRecord> {
  const { id, name, account, region, tags, nowMs } = request;
  const domains = catalog.domains();
  if (domains.some((domain) => domain.name === name)) {
    throw conflict(`Domain with name '${name}' already exists.`, "domain", name);
  }
  if (domains.length >= QUOTAS.domains) {
    throw quotaExceeded(`An account has at most ${QUOTAS.domains} domains.`, "domain", name);
  }
  const record: DomainRecord = {
    kind: "domain",
    id,
    name,
    arn: `arn:aws:codeartifact:${region}:${account}:domain/${name}`,
    createdMs: nowMs,
    encryptionKey: request.encryptionKey ?? `arn:aws:kms:${region}:${account}:key/${id}`,
    bucketArn: `arn:aws:s3:::assets-${account}-${region}`,
    tags,
  };
  return { changes: [put(record)], result: record };
}

/** @throws ApiError ConflictException while it has repositories */
export function deleteDomain(catalog: Catalog, name: string): Decision<CatalogRecord, DomainRecord> {
  const record = catalog.domain(name);
  const left = catalog.repositories(name);
  if (left.length > 0) {
    throw conflict(`Domain '${name}' has ${left.length} repositories: delete them first.`, "domain", name);
  }
  return { changes: [{ key: domainKey(name) }], result: record };
}

function put(record: DomainRecord): Change<CatalogRecord> {
  return { key: domainKey(record.name), value: record };
}
