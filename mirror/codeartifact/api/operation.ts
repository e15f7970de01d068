/** Operations of the API, their input, and the validation of parameters. */
import type { Packages } from "../../resolve/contract.js";
import type { DurableMap } from "../../store/durable-map.js";
import type { Caller, Role } from "../auth/caller.js";
import type { Tokens } from "../auth/tokens.js";
import type { Catalog } from "../catalog/catalog.js";
import type { CatalogRecord } from "../catalog/records.js";
import { badField, cannotParse, missing } from "../errors.js";
import { ACCOUNT, check, DOMAIN, REPOSITORY, type Rule } from "../names.js";

/** The state that operations work on. */
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
  /** The JSON document; `{}` if there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A result that is no JSON document, with its headers. */
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
  /** @returns the JSON document of the response. @throws ApiError */
  handle(input: OperationInput): Promise<unknown>;
}

/** The domain in the query, checked to belong to this account. @throws ApiError */
export function domainIn({ query, service }: OperationInput): string {
  const name = check("domain", param(query, "domain"), DOMAIN);
  checkOwner(service, param(query, "domain-owner"), name);
  return name;
}

export function repositoryIn({ query }: OperationInput, field = "repository"): string {
  return check(field, param(query, field), REPOSITORY);
}

/** Domains of other accounts do not exist here. @throws ApiError */
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

/** One page of a sorted list. The token of the next page is the last key of this one, encoded. */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  size: { readonly max: unknown; readonly token: unknown },
  maxItems: number,
): { readonly items: readonly T[]; readonly nextToken?: string } {
  const max = size.max === undefined || size.max === null ? maxItems : Number(size.max);
  if (!Number.isInteger(max) || max < 1 || max > maxItems) {
    throw badField("maxResults", String(size.max), `be an integer from 1 to ${maxItems}`);
  }
  const after = typeof size.token === "string" ? Buffer.from(size.token, "base64url").toString() : undefined;
  const start = after === undefined ? 0 : items.findIndex((item) => keyOf(item) === after) + 1;
  // If the last item is gone, starting again would repeat items or never end.
  if (after !== undefined && start === 0)
    throw badField("nextToken", String(size.token), "be of a list that is as it was");
  const page = items.slice(start, start + max);
  const last = page.at(-1);
  if (last === undefined || start + max >= items.length) return { items: page };
  return { items: page, nextToken: Buffer.from(keyOf(last)).toString("base64url") };
}

/** The paging parameters in the query, where most lists have them. */
export function paging(query: URLSearchParams) {
  return { max: param(query, "max-results"), token: param(query, "next-token") };
}
