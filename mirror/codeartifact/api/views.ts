/** Records in AWS's form. Times are in seconds since 1970. */

import { defined } from "../../../base/defined.js";
import type { CatalogRecord, DomainRecord, RepositoryRecord } from "../catalog/records.js";
import { CONNECTIONS } from "../names.js";

export function domainView(record: DomainRecord, owner: string, more: { repositories: number; bytes: number }) {
  return {
    ...domainSummary(record, owner),
    repositoryCount: more.repositories,
    assetSizeBytes: more.bytes,
    s3BucketArn: record.bucketArn,
  };
}

export function domainSummary(record: DomainRecord, owner: string) {
  const { name, arn, createdMs, encryptionKey } = record;
  return { name, owner, arn, status: "Active", createdTime: createdMs / 1000, encryptionKey };
}

export function repositoryView(record: RepositoryRecord, owner: string) {
  return {
    ...repositorySummary(record, owner),
    upstreams: record.upstreams.map((repositoryName) => ({ repositoryName })),
    externalConnections: record.connections.map((externalConnectionName) => ({
      externalConnectionName,
      packageFormat: CONNECTIONS[externalConnectionName],
      status: "Available",
    })),
  };
}

export function repositorySummary({ name, domain, arn, description, createdMs }: RepositoryRecord, owner: string) {
  return defined({
    name,
    administratorAccount: owner,
    domainName: domain,
    domainOwner: owner,
    arn,
    description,
    createdTime: createdMs / 1000,
  });
}

export function policyView({ arn, policy }: CatalogRecord) {
  return { resourceArn: arn, revision: policy?.revision, document: policy?.document };
}
