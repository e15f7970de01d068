/**
 * The interface between the API (mirror/codeartifact) and the packages (mirror/resolve). The API knows which repositories
 * exist and who may use them; the packages are what is in them.
 */
import type { Logger } from "pino";
import type { Route, RouteParams } from "../../http/routes/route.js";
import type { Exchange } from "../../http/server/exchange.js";
import type { PackageFormat } from "../package-format.js";

export interface RepositoryNode {
  /** Chosen at its creation, `[0-9a-f-]{36}`; a later repository of the same name has another one. */
  readonly id: string;
  readonly domain: string;
  readonly name: string;
  /** Names in the same domain, in search order. */
  readonly upstreams: readonly string[];
  /** `public:pypi`; at most one. */
  readonly externalConnections: readonly string[];
}

/** The current state: the packages look up repositories for every request. */
export interface Repositories {
  find(domain: string, name: string): RepositoryNode | undefined;
  /** Ids of all repositories. Packages of any other id are leftovers of an interrupted deletion, and are removed. */
  ids(): readonly string[];
}

type Allowance = "ALLOW" | "BLOCK";

export interface OriginControls {
  readonly publish: Allowance;
  readonly upstream: Allowance;
}

export interface PackageName {
  readonly format: PackageFormat;
  /** npm scope without its "@". */
  readonly namespace?: string;
  /** Normalised for pypi (PEP 503), as in AWS. */
  readonly name: string;
}

export interface PackageSummary extends PackageName {
  readonly origin: OriginControls;
}

type VersionStatus = "Published" | "Unfinished" | "Unlisted" | "Archived" | "Disposed" | "Deleted";

/** How a version came into the domain. */
export interface VersionOrigin {
  readonly type: "INTERNAL" | "EXTERNAL";
  /** The repository of the domain through which it came. */
  readonly repository?: string;
  /** `public:pypi` */
  readonly externalConnection?: string;
}

export interface VersionSummary {
  readonly version: string;
  /** Opaque; changes with every change. */
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
  /** Lower-case hex. */
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
  /** The packages that `node` itself has, published or retained. Sorted by format, namespace, name. */
  list(node: RepositoryNode): Promise<readonly PackageSummary[]>;
  describe(node: RepositoryNode, name: PackageName): Promise<PackageSummary | undefined>;
  /** @returns newest first; undefined if `node` has no such package. */
  versions(node: RepositoryNode, name: PackageName): Promise<readonly VersionSummary[] | undefined>;
  /** @returns undefined if `node` has no such version. */
  assets(node: RepositoryNode, name: PackageName, version: string): Promise<readonly AssetSummary[] | undefined>;
  /** Sets the controls. A name without a version exists from then on. Durable on return. */
  setOrigin(node: RepositoryNode, name: PackageName, controls: OriginControls): Promise<PackageSummary>;
  /** @returns whether the version existed. Durable on return. */
  deleteVersion(node: RepositoryNode, name: PackageName, version: string): Promise<boolean>;
  /** Deletes a package with its versions and controls. @returns what it was; undefined if there was none. */
  deletePackage(node: RepositoryNode, name: PackageName): Promise<PackageSummary | undefined>;
  /** Removes the packages of a deleted repository. Versions that its downstreams retained stay. */
  repositoryDeleted(node: RepositoryNode): Promise<void>;
  /** Bytes of all assets of a domain. */
  assetBytes(domain: string): Promise<number>;
  close(): Promise<void>;
}

export interface PackagesOptions {
  /** An existing directory of mode 0700 that no other process uses. */
  readonly dir: string;
  readonly repositories: Repositories;
  /** By the name of the external connection (`public:pypi`): the URL of an index, or a directory. */
  readonly connections: Readonly<Record<string, string>>;
  readonly log: Logger;
}

/** @throws Fault */
export type OpenPackages = (options: PackagesOptions) => Promise<Packages>;
