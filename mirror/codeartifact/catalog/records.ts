/** Stored domains and repositories: plain JSON values under keys, never changed in place. */

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface Policy {
  readonly document: string;
  readonly revision: string;
}

interface Resource {
  /** A later resource of the same name has another one. */
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly createdMs: number;
  readonly tags: readonly Tag[];
  readonly policy?: Policy;
}

export interface DomainRecord extends Resource {
  readonly kind: "domain";
  readonly encryptionKey: string;
  readonly bucketArn: string;
}

export interface RepositoryRecord extends Resource {
  readonly kind: "repository";
  readonly domain: string;
  readonly description?: string;
  readonly upstreams: readonly string[];
  readonly connections: readonly string[];
}

export type CatalogRecord = DomainRecord | RepositoryRecord;

// No name holds a "/".
export const keyOf = (record: CatalogRecord): string =>
  record.kind === "domain" ? domainKey(record.name) : repositoryKey(record.domain, record.name);
export const domainKey = (name: string) => `domain/${name}`;
export const repositoryKey = (domain: string, name: string) => `repository/${domain}/${name}`;
