/**
 * Packages, versions and assets of both formats, in repositories and in the indexes of upstreams. All values are
 * immutable, so comparing references tells whether something has changed.
 */

import type { PackageFormat } from "../package-format.js";
import type { OriginControls, VersionOrigin } from "./contract.js";

/** Digests in lower-case hex. */
export interface Hashes {
  readonly sha256?: string;
  readonly sha512?: string;
  readonly sha384?: string;
  readonly sha1?: string;
  readonly md5?: string;
}

export interface Asset {
  /** Of the file: `foo-1.0-py3-none-any.whl`, `foo-1.0.tgz`. */
  readonly name: string;
  readonly hashes: Hashes;
  /** Bytes. */
  readonly size?: number;
  /** At the upstream: an absolute `http(s)` or `file` URL. */
  readonly url?: string;
  /** PEP 345, unchanged. */
  readonly requiresPython?: string;
  /** PEP 658: there is a `.metadata` file, with this SHA-256 if known. */
  readonly metadata?: { readonly sha256?: string };
  /** PEP 592: the reason, which may be "". */
  readonly yanked?: string;
  /** ISO 8601 */
  readonly uploaded?: string;
}

export interface Version {
  readonly version: string;
  readonly assets: readonly Asset[];
  /** npm: the `package.json`, as the registry shows it. */
  readonly manifest?: Manifest;
}

export type Manifest = Readonly<Record<string, unknown>>;

/** A version that a repository has. */
export interface KeptVersion extends Version {
  readonly revision: string;
  readonly origin: VersionOrigin;
  /** When it was published here or came in. */
  readonly publishedMs: number;
  readonly summary?: string;
  readonly homePage?: string;
  readonly license?: string;
}

/** A package in one repository; the document on disk. */
export interface PackageRecord {
  readonly format: PackageFormat;
  /** Normalised; `@scope/name` for npm. */
  readonly name: string;
  readonly domain: string;
  readonly controls: OriginControls;
  readonly versions: Readonly<Record<string, KeptVersion>>;
  /** npm: `latest` and others. */
  readonly tags: Readonly<Record<string, string>>;
}

/** One package in an index. */
export interface IndexDocument {
  readonly versions: ReadonlyMap<string, Version>;
  readonly tags: Readonly<Record<string, string>>;
}
