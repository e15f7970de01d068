/**
 * What the control plane (mirror/codeartifact) and the packages (mirror/packages) know of each other. The first
 * says which repositories there are and who may ask; the second has what is in them.
 */
import type { Logger } from "pino";
import type { Route, RouteParams } from "../../http/routes/route.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { PackageFormat } from "../package-format.js";

export interface RepositoryNode {
  /** Chosen at its creation, `[0-9a-f-]{36}`; a repository that is made again under the same name has another. */
  readonly id: string;
  readonly domain: string;
  readonly name: string;
  /** Names in the same domain, in the order in which they are asked. */
  readonly upstreams: readonly string[];
  /** `public:pypi`; at most one. */
  readonly externalConnections: readonly string[];
}

/** Always as it is now: packages ask for each request and keep nothing. */
export interface Repositories {
  find(domain: string, name: string): RepositoryNode | undefined;
  /** Ids of all that there are. What packages hold for any other id is left from a deletion cut short: drop it. */
  ids(): readonly string[];
}

export type Allowance = "ALLOW" | "BLOCK";

export interface OriginControls {
  readonly publish: Allowance;
  readonly upstream: Allowance;
}

export interface PackageName {
  readonly format: PackageFormat;
  /** npm scope without its "@". */
  readonly namespace?: string;
  /** As AWS has it: normalised for pypi (PEP 503). */
  readonly name: string;
}

export interface PackageSummary extends PackageName {
  readonly origin: OriginControls;
}

export type VersionStatus = "Published" | "Unfinished" | "Unlisted" | "Archived" | "Disposed" | "Deleted";

/** Where a version came into the domain. */
export interface VersionOrigin {
  readonly type: "INTERNAL" | "EXTERNAL";
  /** The repository of the domain that it came in by. */
  readonly repository?: string;
  /** `public:pypi` */
  readonly externalConnection?: string;
}

export interface VersionSummary {
  readonly version: string;
  /** Opaque; another one after each change. */
  readonly revision: string;
  readonly status: VersionStatus;
  readonly origin: VersionOrigin;
  readonly publishedMs?: number;
  readonly summary?: string;
  readonly homePage?: string;
  readonly license?: string;
}

export interface AssetSummary {
  readonly name: string;
  readonly size: number;
  /** Lower-case hex of SHA-256, and of SHA-512 and MD5 where they are known. */
  readonly hashes: { readonly sha256: string; readonly sha512?: string; readonly md5?: string };
}

/** The repository of a request whose caller is admitted. */
export interface PackageRequest {
  readonly repository: RepositoryNode;
  /** URL of the repository for absolute links, with a "/" at its end: `https://…/d/my-domain-1234/npm/my-repo/`. */
  readonly base: string;
}

export interface PackageCall {
  readonly exchange: Exchange;
  readonly params: RouteParams;
  readonly request: PackageRequest;
}

/** A route below a repository. Only callers who may publish get past GET and HEAD. */
export interface PackageRoute extends Route<"token", (call: PackageCall) => void | Promise<void>> {
  readonly kind: "package";
  readonly format: PackageFormat;
}

export interface Packages {
  /** Paths are relative to the repository. */
  readonly routes: Readonly<Record<PackageFormat, readonly PackageRoute[]>>;
  /** What `node` itself has: published, or retained from an upstream. Sorted by format, namespace, name. */
  list(node: RepositoryNode): Promise<readonly PackageSummary[]>;
  describe(node: RepositoryNode, name: PackageName): Promise<PackageSummary | undefined>;
  /** @returns undefined where `node` has no such package; newest first otherwise. */
  versions(node: RepositoryNode, name: PackageName): Promise<readonly VersionSummary[] | undefined>;
  /** @returns undefined where `node` has no such version. */
  assets(node: RepositoryNode, name: PackageName, version: string): Promise<readonly AssetSummary[] | undefined>;
  /** Sets the controls, also for a name that has no version yet; then `describe` finds it. Durable on return. */
  setOrigin(node: RepositoryNode, name: PackageName, controls: OriginControls): Promise<PackageSummary>;
  /** @returns whether there was one to delete. Durable on return. */
  deleteVersion(node: RepositoryNode, name: PackageName, version: string): Promise<boolean>;
  /** Deletes a package with all of its versions and its controls. @returns what it was, or undefined. */
  deletePackage(node: RepositoryNode, name: PackageName): Promise<PackageSummary | undefined>;
  /** The repository is gone; what its downstreams retained stays (P-04). */
  repositoryDeleted(node: RepositoryNode): Promise<void>;
  /** Bytes of all assets of a domain. */
  assetBytes(domain: string): Promise<number>;
  close(): Promise<void>;
}

export interface PackagesOptions {
  /** Its own directory; exists, mode 0700, and no other process uses it. */
  readonly dir: string;
  readonly repositories: Repositories;
  /** By the name of the external connection (`public:pypi`): the URL of an index, or a directory. */
  readonly connections: Readonly<Record<string, string>>;
  readonly log: Logger;
}

/** `openPackages` of mirror/packages/open.ts. @throws Fault */
export type OpenPackages = (options: PackagesOptions) => Promise<Packages>;
