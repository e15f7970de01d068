/** Operations on domains. */

import { defined } from "../../../base/defined.js";
import { createDomain, deleteDomain } from "../catalog/domains.js";
import type { DomainRecord } from "../catalog/records.js";
import { check, DOMAIN, ENCRYPTION_KEY, REPOSITORY_PREFIX } from "../names.js";
import { QUOTAS } from "../quotas.js";
import { domainIn, type Operation, type OperationInput, optional, pageOf, paging, param } from "./operation.js";
import { tagsIn } from "./tag-operations.js";
import { domainSummary, domainView, repositorySummary } from "./views.js";

async function view({ service }: OperationInput, record: DomainRecord) {
  const repositories = service.catalog.repositories(record.name).length;
  const bytes = await service.packages.assetBytes(record.name);
  return { domain: domainView(record, service.account, { repositories, bytes }) };
}

export const domainOperations: readonly Operation[] = [
  {
    operation: "CreateDomain",
    method: "POST",
    path: "/v1/domain",
    access: "admin",
    async handle(input) {
      const { service, caller, query, body } = input;
      const name = check("domain", param(query, "domain"), DOMAIN);
      // Terraform sends an empty key for none.
      const encryptionKey = optional("encryptionKey", body.encryptionKey || undefined, ENCRYPTION_KEY);
      const request = defined({
        id: service.newId(),
        name,
        account: service.account,
        region: caller.region,
        encryptionKey,
        tags: tagsIn(body.tags),
        nowMs: service.now(),
      });
      return view(input, await service.store.change(() => createDomain(service.catalog, request)));
    },
  },
  {
    operation: "DescribeDomain",
    method: "GET",
    path: "/v1/domain",
    access: "read",
    handle: async (input) => view(input, input.service.catalog.domain(domainIn(input))),
  },
  {
    operation: "DeleteDomain",
    method: "DELETE",
    path: "/v1/domain",
    access: "admin",
    async handle(input) {
      const { service } = input;
      const name = domainIn(input);
      const record = await service.store.change(() => deleteDomain(service.catalog, name));
      return { domain: { ...domainView(record, service.account, { repositories: 0, bytes: 0 }), status: "Deleted" } };
    },
  },
  {
    operation: "ListDomains",
    method: "POST",
    path: "/v1/domains",
    access: "read",
    async handle({ service, body }) {
      const size = { max: body.maxResults, token: body.nextToken };
      const { items, ...next } = pageOf(service.catalog.domains(), ({ name }) => name, size, QUOTAS.page);
      return { domains: items.map((record) => domainSummary(record, service.account)), ...next };
    },
  },
  {
    operation: "ListRepositoriesInDomain",
    method: "POST",
    path: "/v1/domain/repositories",
    access: "read",
    async handle(input) {
      const domain = input.service.catalog.domain(domainIn(input)).name;
      return repositories(input, domain);
    },
  },
  {
    operation: "ListRepositories",
    method: "POST",
    path: "/v1/repositories",
    access: "read",
    handle: async (input) => repositories(input, undefined),
  },
];

function repositories({ service, query }: OperationInput, domain: string | undefined) {
  const prefix = optional("repository-prefix", param(query, "repository-prefix"), REPOSITORY_PREFIX) ?? "";
  const all = service.catalog.repositories(domain).filter(({ name }) => name.startsWith(prefix));
  const { items, ...next } = pageOf(all, ({ arn }) => arn, paging(query), QUOTAS.page);
  return { repositories: items.map((record) => repositorySummary(record, service.account)), ...next };
}
