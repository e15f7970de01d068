/** Operations on repositories, their upstreams and their external connections. */

import { defined } from "../../../base/defined.js";
import { nodeOf } from "../catalog/catalog.js";
import type { RepositoryRecord } from "../catalog/records.js";
import {
  associate,
  createRepository,
  deleteRepository,
  disassociate,
  updateRepository,
} from "../catalog/repositories.js";
import { CONNECTION, check, DESCRIPTION, FORMATS, oneOf, REPOSITORY } from "../names.js";
import {
  domainIn,
  fieldOf,
  listIn,
  type Operation,
  type OperationInput,
  optional,
  param,
  repositoryIn,
} from "./operation.js";
import { tagsIn } from "./tag-operations.js";
import { repositoryView } from "./views.js";

const view = ({ service }: OperationInput, record: RepositoryRecord) => ({
  repository: repositoryView(record, service.account),
});

const upstreamsIn = (value: unknown) =>
  listIn("upstreams", value, (item) =>
    check("upstreams.member.repositoryName", fieldOf(item, "repositoryName"), REPOSITORY),
  );

const where = (input: OperationInput) => [domainIn(input), repositoryIn(input)] as const;

export const repositoryOperations: readonly Operation[] = [
  {
    operation: "CreateRepository",
    method: "POST",
    path: "/v1/repository",
    access: "admin",
    async handle(input) {
      const { service, body } = input;
      const [domain, name] = where(input);
      const description = optional("description", body.description, DESCRIPTION);
      const request = defined({
        id: service.newId(),
        domain,
        name,
        description,
        upstreams: upstreamsIn(body.upstreams),
        tags: tagsIn(body.tags),
        nowMs: service.now(),
      });
      return view(input, await service.store.change(() => createRepository(service.catalog, request)));
    },
  },
  {
    operation: "DescribeRepository",
    method: "GET",
    path: "/v1/repository",
    access: "read",
    handle: async (input) => view(input, input.service.catalog.repository(...where(input))),
  },
  {
    operation: "UpdateRepository",
    method: "PUT",
    path: "/v1/repository",
    access: "admin",
    async handle(input) {
      const { service, body } = input;
      const [domain, name] = where(input);
      const description = optional("description", body.description, DESCRIPTION);
      const update = defined({
        description,
        upstreams: Array.isArray(body.upstreams) ? upstreamsIn(body.upstreams) : undefined,
      });
      return view(input, await service.store.change(() => updateRepository(service.catalog, domain, name, update)));
    },
  },
  {
    operation: "DeleteRepository",
    method: "DELETE",
    path: "/v1/repository",
    access: "admin",
    async handle(input) {
      const { service } = input;
      const [domain, name] = where(input);
      const record = await service.store.change(() => deleteRepository(service.catalog, domain, name));
      // The repository no longer exists. The next start removes packages that a crash leaves behind.
      await service.packages.repositoryDeleted(nodeOf(record));
      return view(input, record);
    },
  },
  ...(["POST", "DELETE"] as const).map(
    (method): Operation => ({
      operation: method === "POST" ? "AssociateExternalConnection" : "DisassociateExternalConnection",
      method,
      path: "/v1/repository/external-connection",
      access: "admin",
      async handle(input) {
        const { service, query } = input;
        const [domain, name] = where(input);
        const connection = check("external-connection", param(query, "external-connection"), CONNECTION);
        const decide = method === "POST" ? associate : disassociate;
        return view(input, await service.store.change(() => decide(service.catalog, domain, name, connection)));
      },
    }),
  ),
  {
    operation: "GetRepositoryEndpoint",
    method: "GET",
    path: "/v1/repository/endpoint",
    access: "read",
    async handle(input) {
      const { service, query } = input;
      const format = oneOf("format", param(query, "format"), FORMATS);
      const { domain, name } = service.catalog.repository(...where(input));
      return { repositoryEndpoint: endpointOf(service.url(), service.account, domain, format, name) };
    },
  },
];

/** AWS has a host for each domain. Here it is a path, as for a VPC endpoint without private DNS. */
function endpointOf(url: string, account: string, domain: string, format: string, repository: string): string {
  return `${url}/d/${domain}-${account}/${format}/${repository}/`;
}
