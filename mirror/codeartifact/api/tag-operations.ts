/** Tags of domains and repositories. */
import { tag, untag } from "../catalog/policies.js";
import type { Tag } from "../catalog/records.js";
import { badField, invalid, missing } from "../errors.js";
import { check, RESOURCE_ARN, TAG_KEY, TAG_VALUE } from "../names.js";
import { QUOTAS } from "../quotas.js";
import { fieldOf, listIn, type Operation, type OperationInput, param } from "./operation.js";

/** @throws ApiError */
export function tagsIn(value: unknown): Tag[] {
  const tags = listIn("tags", value, (item) => ({
    key: check("tags.member.key", fieldOf(item, "key"), TAG_KEY),
    value: check("tags.member.value", fieldOf(item, "value"), TAG_VALUE),
  }));
  const reserved = tags.find(({ key }) => /^aws:/i.test(key));
  if (reserved !== undefined) throw badField("tags.member.key", reserved.key, "not begin with 'aws:'");
  if (tags.length > QUOTAS.tags) throw invalid(`A resource has at most ${QUOTAS.tags} tags.`);
  const twice = tags.find(({ key }, index) => tags.findIndex((other) => other.key === key) !== index);
  if (twice !== undefined) throw invalid(`Tag '${twice.key}' is named twice.`);
  return tags;
}

/** @returns a function that looks the resource up at the time of the decision. */
function resourceIn({ service, query }: OperationInput) {
  const arn = check("resourceArn", param(query, "resourceArn"), RESOURCE_ARN);
  return () => {
    const record = service.catalog.byArn(arn);
    if (record === undefined) throw missing(arn.includes(":repository/") ? "repository" : "domain", arn);
    return record;
  };
}

export const tagOperations: readonly Operation[] = [
  {
    operation: "ListTagsForResource",
    method: "POST",
    path: "/v1/tags",
    access: "read",
    handle: async (input) => ({ tags: resourceIn(input)().tags }),
  },
  {
    operation: "TagResource",
    method: "POST",
    path: "/v1/tag",
    access: "admin",
    async handle(input) {
      const find = resourceIn(input);
      const tags = tagsIn(input.body.tags);
      await input.service.store.change(() => tag(find(), tags));
      return {};
    },
  },
  {
    operation: "UntagResource",
    method: "POST",
    path: "/v1/untag",
    access: "admin",
    async handle(input) {
      const find = resourceIn(input);
      const keys = listIn("tagKeys", input.body.tagKeys, (key) => check("tagKeys.member", key, TAG_KEY));
      await input.service.store.change(() => untag(find(), keys));
      return {};
    },
  },
];
