/** The repository that a command works on: its names, and the URL of its API. Pure. */

import { defined } from "../../base/defined.js";
import * as errors from "./errors.js";

export interface RepositoryRef {
  readonly domain: string;
  /** 12 digits. @default the caller's own account */
  readonly domainOwner?: string;
  readonly repository: string;
  /** @default AWS_REGION, then the profile's */
  readonly region?: string;
  /** Of the API. @default AWS_ENDPOINT_URL_CODEARTIFACT, AWS_ENDPOINT_URL, else AWS itself */
  readonly apiUrl?: string;
}

export interface RepositoryFlags {
  readonly domain?: string;
  readonly domainOwner?: string;
  readonly repository?: string;
  readonly region?: string;
  readonly endpointUrl?: string;
}

const DOMAIN = /^[a-z][a-z0-9-]{0,48}[a-z0-9]$/;
const REPOSITORY = /^[A-Za-z0-9][A-Za-z0-9._-]{1,99}$/;

/**
 * The names in flags, checked before any request to AWS.
 *
 * @throws Fault `mirror/arn-as-name` with the flags to write instead, `mirror/bad-…`, `mirror/no-target`
 */
export function repositoryRef(flags: RepositoryFlags): RepositoryRef {
  const { domain, domainOwner, repository, region, endpointUrl } = flags;
  for (const [flag, value] of [
    ["--repository", repository],
    ["--domain", domain],
    ["--domain-owner", domainOwner],
  ] as const)
    if (value?.startsWith("arn:")) throw errors.arnAsName(flag, value, namesIn(value));
  if (domain === undefined) throw errors.noRepository("--domain");
  if (repository === undefined) throw errors.noRepository("--repository");
  if (!DOMAIN.test(domain)) throw errors.badDomain(domain);
  if (!REPOSITORY.test(repository)) throw errors.badRepository(repository);
  if (domainOwner !== undefined && !/^\d{12}$/.test(domainOwner)) throw errors.badOwner(domainOwner);
  if (endpointUrl !== undefined && !isWebUrl(endpointUrl)) throw errors.badEndpoint(endpointUrl);
  return defined({
    domain,
    repository,
    domainOwner,
    region,
    apiUrl: endpointUrl,
  });
}

/** `arn:aws:codeartifact:eu-west-1:111122223333:repository/tools/team` as flags. */
function namesIn(arn: string): string | undefined {
  const [, , service, region, account, resource = ""] = arn.split(":");
  const [kind, domain, repository] = resource.split("/");
  if (service !== "codeartifact" || !domain || (kind !== "repository" && kind !== "domain")) return undefined;
  const words = [`--domain ${domain}`];
  if (account) words.push(`--domain-owner ${account}`);
  if (kind === "repository" && repository) words.push(`--repository ${repository}`);
  if (region) words.push(`--region ${region}`);
  return words.join(" ");
}

const UNITS = { s: 1, m: 60, h: 3600 } as const;

/**
 * A token's lifetime in seconds: `0`, `15m` to `12h`, or like the AWS CLI, `900` to `43200`.
 *
 * @throws Fault `mirror/bad-lifetime`
 */
export function parseLifetime(text: string): number {
  if (!/^(?:\d{1,6}|(?:\d{1,6}[smh])+)$/.test(text)) throw errors.badLifetime(text);
  let seconds = 0;
  for (const [, number, unit = "s"] of text.matchAll(/(\d+)([smh])?/g))
    seconds += Number(number) * UNITS[unit as keyof typeof UNITS];
  if (seconds !== 0 && (seconds < 900 || seconds > 43_200)) throw errors.badLifetime(text);
  return seconds;
}

export function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** `team in tools (111122223333, eu-west-1)` */
export function repositoryText({ domain, domainOwner, repository, region }: RepositoryRef): string {
  const more = [domainOwner, region].filter((each) => each !== undefined).join(", ");
  return `${repository} in ${domain}${more === "" ? "" : ` (${more})`}`;
}
