/** The parts of package.json, its lock file and npm's own reports that a release depends on. */

export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly repository?: { readonly type: string; readonly url: string };
  readonly homepage?: string;
  readonly bugs?: { readonly url: string };
  readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean };
  readonly peerDependencies: Readonly<Record<string, string>>;
}

interface LockedPackage {
  readonly version: string;
  readonly dev?: boolean;
  readonly license?: string;
}

export interface PackageLock {
  readonly version: string;
  /** By path, such as `node_modules/tar`; "" is this package. */
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export const NOT_INSTALLED = Symbol("not installed");

/** An SPDX expression, or undefined if the package names no licence. */
export type Licence = string | undefined | typeof NOT_INSTALLED;

/** `tar` of `node_modules/cacache/node_modules/tar`. */
export const nameOfPath = (path: string): string =>
  path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
