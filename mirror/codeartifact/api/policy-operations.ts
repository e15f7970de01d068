/** Permissions policies of domains and repositories. AWS has odd paths for them: one is plural. */
import { randomBytes } from "node:crypto";
import { deletePolicy, putPolicy } from "../catalog/policies.js";
import { noPolicy } from "../errors.js";
import { check, DOMAIN, REVISION } from "../names.js";
import {
  checkOwner,
  domainIn,
  type Operation,
  type OperationInput,
  optional,
  param,
  repositoryIn,
} from "./operation.js";
import { policyView } from "./views.js";

const DOCUMENT = { pattern: /[\s\S]/, text: "have length from 1 to 7168" };

interface Kind {
  readonly name: "Domain" | "Repository";
  readonly put: string;
  readonly drop: string;
  /** @returns a function that looks the resource up at the time of the decision. */
  find(input: OperationInput): () => Found;
  findForPut(input: OperationInput): () => Found;
}

type Found =
  | ReturnType<OperationInput["service"]["catalog"]["domain"]>
  | ReturnType<OperationInput["service"]["catalog"]["repository"]>;

const repository = (input: OperationInput) => {
  const [domain, name] = [domainIn(input), repositoryIn(input)];
  return () => input.service.catalog.repository(domain, name);
};

const KINDS: readonly Kind[] = [
  {
    name: "Domain",
    put: "/v1/domain/permissions/policy",
    drop: "/v1/domain/permissions/policy",
    find(input) {
      const name = domainIn(input);
      return () => input.service.catalog.domain(name);
    },
    // The only operation that names its domain in the body.
    findForPut({ service, body }) {
      const name = check("domain", body.domain, DOMAIN);
      checkOwner(service, typeof body.domainOwner === "string" ? body.domainOwner : undefined, name);
      return () => service.catalog.domain(name);
    },
  },
  {
    name: "Repository",
    put: "/v1/repository/permissions/policy",
    drop: "/v1/repository/permissions/policies",
    find: repository,
    findForPut: repository,
  },
];

export const policyOperations: readonly Operation[] = KINDS.flatMap((kind): Operation[] => [
  {
    operation: `Put${kind.name}PermissionsPolicy`,
    method: "PUT",
    path: kind.put,
    access: "admin",
    async handle(input) {
      const { service, body } = input;
      const find = kind.findForPut(input);
      const document = check("policyDocument", body.policyDocument, DOCUMENT);
      const expected = optional("policyRevision", body.policyRevision, REVISION);
      const revision = randomBytes(24).toString("base64");
      const record = await service.store.change(() => putPolicy(find(), { document, revision }, expected));
      return { policy: policyView(record) };
    },
  },
  {
    operation: `Get${kind.name}PermissionsPolicy`,
    method: "GET",
    path: kind.put,
    access: "read",
    async handle(input) {
      const record = kind.find(input)();
      if (record.policy === undefined) throw noPolicy(record.kind, record.name);
      return { policy: policyView(record) };
    },
  },
  {
    operation: `Delete${kind.name}PermissionsPolicy`,
    method: "DELETE",
    path: kind.drop,
    access: "admin",
    async handle(input) {
      const find = kind.find(input);
      const expected = optional("policy-revision", param(input.query, "policy-revision"), REVISION);
      const record = await input.service.store.change(() => deletePolicy(find(), expected));
      return { policy: policyView(record) };
    },
  },
]);
