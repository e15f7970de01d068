/**
 * Paths of packages: `/d/DOMAIN-OWNER/FORMAT/REPOSITORY/…`, or as a VPC endpoint without private DNS has them,
 * `/FORMAT/d/DOMAIN-OWNER/REPOSITORY/…`. Pure.
 */
import type { PackageFormat } from "../package-format.js";
import type { Prefixes } from "../resolve/package-routes.js";

export interface PackagePath {
  readonly domain: string;
  readonly owner: string;
  readonly format: string;
  readonly repository: string;
  /** The part before `rest`, without a "/" at its end. */
  readonly prefix: string;
  /** Raw, begins with "/". */
  readonly rest: string;
}

const DOMAIN = "([a-z][a-z0-9-]{0,48}[a-z0-9])-([0-9]{12})";
const REPOSITORY = "([A-Za-z0-9][A-Za-z0-9._-]{1,99})";
const FORMAT = "([a-z]{3,8})";
const PLAIN = new RegExp(`^/d/${DOMAIN}/${FORMAT}/${REPOSITORY}(?=/|$)`);
const VPC = new RegExp(`^/${FORMAT}/d/${DOMAIN}/${REPOSITORY}(?=/|$)`);

const prefixesOf = (format: PackageFormat): Prefixes => [
  `/d/{domain}/${format}/{repository}`,
  `/${format}/d/{domain}/{repository}`,
];

/** Where the packages of each format are, as paths of routes. */
export const PACKAGE_PREFIXES: Readonly<Record<PackageFormat, Prefixes>> = {
  pypi: prefixesOf("pypi"),
  npm: prefixesOf("npm"),
};

/** @returns undefined for other paths. */
export function parsePackagePath(path: string): PackagePath | undefined {
  const plain = PLAIN.exec(path);
  if (plain !== null) {
    const [prefix, domain = "", owner = "", format = "", repository = ""] = plain;
    return { domain, owner, format, repository, prefix, rest: path.slice(prefix.length) || "/" };
  }
  const vpc = VPC.exec(path);
  if (vpc === null) return undefined;
  const [prefix, format = "", domain = "", owner = "", repository = ""] = vpc;
  return { domain, owner, format, repository, prefix, rest: path.slice(prefix.length) || "/" };
}
