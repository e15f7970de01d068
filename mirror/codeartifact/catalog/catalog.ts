/** Reads domains and repositories. */
import { byText, compareText } from "../../../base/text/compare.js";
import type { Repositories, RepositoryNode } from "../../resolve/contract.js";
import { missing } from "../errors.js";
import { type CatalogRecord, type DomainRecord, domainKey, type RepositoryRecord, repositoryKey } from "./records.js";

export class Catalog implements Repositories {
  /** @param records a live map: changes are visible here. */
  constructor(private readonly records: ReadonlyMap<string, CatalogRecord>) {}

  domains(): DomainRecord[] {
    return [...this.records.values()].filter((record) => record.kind === "domain").sort(byName);
  }

  /** The repositories of one domain or of all, sorted by domain and name. */
  repositories(domain?: string): RepositoryRecord[] {
    return [...this.records.values()]
      .filter((record) => record.kind === "repository")
      .filter((record) => domain === undefined || record.domain === domain)
      .sort((a, b) => compareText(a.domain, b.domain) || byName(a, b));
  }

  /** @throws ApiError ResourceNotFoundException */
  domain(name: string): DomainRecord {
    const record = this.records.get(domainKey(name));
    if (record?.kind !== "domain") throw missing("domain", name);
    return record;
  }

  /** @throws ApiError ResourceNotFoundException for the domain or for the repository */
  repository(domain: string, name: string): RepositoryRecord {
    this.domain(domain);
    const record = this.records.get(repositoryKey(domain, name));
    if (record?.kind !== "repository") throw missing("repository", name);
    return record;
  }

  has(domain: string, name: string): boolean {
    return this.records.has(repositoryKey(domain, name));
  }

  byArn(arn: string): CatalogRecord | undefined {
    return [...this.records.values()].find((record) => record.arn === arn);
  }

  find(domain: string, name: string): RepositoryNode | undefined {
    const record = this.records.get(repositoryKey(domain, name));
    return record?.kind === "repository" ? nodeOf(record) : undefined;
  }

  ids(): readonly string[] {
    return [...this.records.values()].filter(({ kind }) => kind === "repository").map(({ id }) => id);
  }
}

export function nodeOf({ id, domain, name, upstreams, connections }: RepositoryRecord): RepositoryNode {
  return { id, domain, name, upstreams, externalConnections: connections };
}

const byName = byText(({ name }: { readonly name: string }) => name);
