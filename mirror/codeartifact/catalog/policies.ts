/** Permissions policies and tags of domains and repositories. Pure. */

import { isObject } from "../../is-object.js";
import type { Decision } from "../../store/durable-map.js";
import { conflict, invalid, noPolicy } from "../errors.js";
import { QUOTAS } from "../quotas.js";
import { type CatalogRecord, keyOf, type Policy, type Tag } from "./records.js";

/** @param expected the revision to replace. @throws ApiError */
export function putPolicy<R extends CatalogRecord>(
  record: R,
  policy: Policy,
  expected: string | undefined,
): Decision<CatalogRecord, R> {
  checkDocument(policy.document);
  checkRevision(record, expected);
  const next = { ...record, policy };
  return { changes: [{ key: keyOf(next), value: next }], result: next };
}

/** @returns the record as it was. @throws ApiError */
export function deletePolicy<R extends CatalogRecord>(
  record: R,
  expected: string | undefined,
): Decision<CatalogRecord, R> {
  if (record.policy === undefined) throw noPolicy(record.kind, record.name);
  checkRevision(record, expected);
  // Without the member, not with an undefined one: records are compared as values.
  const { policy: _gone, ...rest }: CatalogRecord = record;
  return { changes: [{ key: keyOf(record), value: rest }], result: record };
}

/** @throws ApiError */
export function tag(record: CatalogRecord, tags: readonly Tag[]): Decision<CatalogRecord, undefined> {
  const values = new Map([...record.tags, ...tags].map(({ key, value }) => [key, value]));
  if (values.size > QUOTAS.tags) throw invalid(`A resource has at most ${QUOTAS.tags} tags.`);
  const next = { ...record, tags: [...values].map(([key, value]) => ({ key, value })) };
  return { changes: [{ key: keyOf(next), value: next }], result: undefined };
}

export function untag(record: CatalogRecord, keys: readonly string[]): Decision<CatalogRecord, undefined> {
  const next = { ...record, tags: record.tags.filter(({ key }) => !keys.includes(key)) };
  return { changes: [{ key: keyOf(next), value: next }], result: undefined };
}

function checkRevision(record: CatalogRecord, expected: string | undefined): void {
  if (expected === undefined || expected === record.policy?.revision) return;
  throw conflict("The policy has another revision than the request names.", record.kind, record.name);
}

/** Checks the form of a policy. It grants nothing here: the roles of the access keys decide. */
function checkDocument(document: string): void {
  if (document.length > QUOTAS.policy) throw invalid(`A policy has at most ${QUOTAS.policy} characters.`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(document);
  } catch {
    throw invalid("The policy document is not JSON.");
  }
  const statements = [isObject(parsed) ? parsed.Statement : undefined].flat();
  for (const statement of statements) {
    if (!isObject(statement)) throw invalid("The policy document has no Statement.");
    if (statement.Effect !== "Allow" && statement.Effect !== "Deny") throw invalid('Effect must be "Allow" or "Deny".');
    const lacks = [
      ["Action", "NotAction"],
      ["Principal", "NotPrincipal"],
      ["Resource", "NotResource"],
    ].find((names) => !names.some((name) => statement[name] !== undefined));
    if (lacks !== undefined) throw invalid(`A statement of the policy document has no ${lacks[0]}.`);
  }
}
