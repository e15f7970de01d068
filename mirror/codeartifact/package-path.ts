/**
 * Paths of packages: `/d/DOMAIN-OWNER/FORMAT/REPOSITORY/…`, and as a VPC endpoint without private DNS has them,
 * `/FORMAT/d/DOMAIN-OWNER/REPOSITORY/…` (P-06). Pure.
 */

export interface PackagePath {
  readonly domain: string;
  readonly owner: string;
  readonly format: string;
  readonly repository: string;
  /** What stands before `rest`, without a "/" at its end. */
  readonly prefix: string;
  /** Raw, begins with "/". */
  readonly rest: string;
}

const DOMAIN = "([a-z][a-z0-9-]{0,48}[a-z0-9])-([0-9]{12})";
const REPOSITORY = "([A-Za-z0-9][A-Za-z0-9._-]{1,99})";
const FORMAT = "([a-z]{3,8})";
const OURS = new RegExp(`^/d/${DOMAIN}/${FORMAT}/${REPOSITORY}(?=/|$)`);
const VPC = new RegExp(`^/${FORMAT}/d/${DOMAIN}/${REPOSITORY}(?=/|$)`);

/** @returns undefined for what is no such path. */
export function parsePackagePath(path: string): PackagePath | undefined {
  const ours = OURS.exec(path);
  if (ours !== null) {
    const [prefix, domain = "", owner = "", format = "", repository = ""] = ours;
    return { domain, owner, format, repository, prefix, rest: path.slice(prefix.length) || "/" };
  }
  const vpc = VPC.exec(path);
  if (vpc === null) return undefined;
  const [prefix, format = "", domain = "", owner = "", repository = ""] = vpc;
  return { domain, owner, format, repository, prefix, rest: path.slice(prefix.length) || "/" };
}
