/** One operation of the API: what it is called, what it is handed, and the checked reading of parameters. */
import type { Packages } from "../../resolve/contract.js";
import type { DurableMap } from "../../store/durable-map.js";
import type { Caller, Role } from "../auth/caller.js";
import type { Tokens } from "../auth/tokens.js";
import type { Catalog } from "../catalog/catalog.js";
import type { CatalogRecord } from "../catalog/records.js";
import { badField, cannotParse, missing } from "../errors.js";
import { ACCOUNT, check, DOMAIN, REPOSITORY, type Rule } from "../names.js";

/** What the operations work on. */
export interface Service {
  readonly catalog: Catalog;
  readonly store: DurableMap<CatalogRecord>;
  readonly tokens: Tokens;
  readonly packages: Packages;
  /** Twelve digits. */
  readonly account: string;
  /** Without a "/" at its end. */
  readonly url: () => string;
  readonly now: () => number;
  readonly newId: () => string;
}

export interface OperationInput {
  readonly service: Service;
  readonly caller: Caller;
  readonly query: URLSearchParams;
  /** The JSON document; `{}` where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Bytes that are no JSON document, and the headers that go with them. */
export class Binary {
  constructor(
    readonly content: Buffer,
    readonly headers: Readonly<Record<string, string>>,
  ) {}
}

export interface Operation {
  readonly operation: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly access: Role;
  /** @returns the answer's JSON document. @throws ApiError */
  handle(input: OperationInput): Promise<unknown>;
}

/** The domain that the query names, and that it is one of ours. @throws ApiError */
export function domainIn({ query, service }: OperationInput): string {
  const name = check("domain", param(query, "domain"), DOMAIN);
  checkOwner(service, param(query, "domain-owner"), name);
  return name;
}

export function repositoryIn({ query }: OperationInput, field = "repository"): string {
  return check(field, param(query, field), REPOSITORY);
}

/** Another account's domains are not here. @throws ApiError */
export function checkOwner({ account }: Service, owner: string | undefined, domain: string): void {
  if (owner !== undefined && check("domain-owner", owner, ACCOUNT) !== account) throw missing("domain", domain);
}

export function param(query: URLSearchParams, name: string): string | undefined {
  return query.get(name) ?? undefined;
}

export function optional(field: string, value: unknown, rule: Rule): string | undefined {
  return value === undefined || value === null ? undefined : check(field, value, rule);
}

/** @throws ApiError unless `value` is a list, of objects where `each` reads objects. */
export function listIn<T>(field: string, value: unknown, each: (item: unknown) => T): T[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw cannotParse(`'${field}' must be a list.`);
  return value.map(each);
}

export function fieldOf(item: unknown, field: string): unknown {
  return typeof item === "object" && item !== null ? (item as Record<string, unknown>)[field] : undefined;
}

/** One page of a sorted list. The token of the next one is the key that this one ended with, made opaque. */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  size: { readonly max: unknown; readonly token: unknown },
  most: number,
): { readonly items: readonly T[]; readonly nextToken?: string } {
  const max = size.max === undefined || size.max === null ? most : Number(size.max);
  if (!Number.isInteger(max) || max < 1 || max > most) {
    throw badField("maxResults", String(size.max), `be an integer from 1 to ${most}`);
  }
  const after = typeof size.token === "string" ? Buffer.from(size.token, "base64url").toString() : undefined;
  const start = after === undefined ? 0 : items.findIndex((item) => keyOf(item) === after) + 1;
  // What a page ended with may be gone since: a list that begins again would repeat, or never end.
  if (after !== undefined && start === 0)
    throw badField("nextToken", String(size.token), "be of a list that is as it was");
  const page = items.slice(start, start + max);
  const last = page.at(-1);
  if (last === undefined || start + max >= items.length) return { items: page };
  return { items: page, nextToken: Buffer.from(keyOf(last)).toString("base64url") };
}

/** Of the query, as most lists have it. */
export function paging(query: URLSearchParams) {
  return { max: param(query, "max-results"), token: param(query, "next-token") };
}
