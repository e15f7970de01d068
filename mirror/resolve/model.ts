/**
 * What a package is, for both formats. The same shapes hold what a repository has on disk and what an upstream's
 * index says; all of it is immutable, so that "has it changed" is a comparison of references.
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
  /** Where the upstream has it: an absolute `http(s)` or `file` URL. */
  readonly url?: string;
  /** PEP 345, as it came. */
  readonly requiresPython?: string;
  /** PEP 658: there is a `.metadata` file, with this SHA-256 where it is known. */
  readonly metadata?: { readonly sha256?: string };
  /** PEP 592: the reason, which may be "". */
  readonly yanked?: string;
  /** ISO 8601 */
  readonly uploaded?: string;
}

export interface Version {
  readonly version: string;
  readonly assets: readonly Asset[];
  /** npm: what `package.json` says, as the registry shows it. */
  readonly manifest?: Manifest;
}

export type Manifest = Readonly<Record<string, unknown>>;

/** A version that a repository has. */
export interface KeptVersion extends Version {
  readonly revision: string;
  readonly origin: VersionOrigin;
  /** When it was published, or came in. */
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

/** What an index says of one package. */
export interface IndexDocument {
  readonly versions: ReadonlyMap<string, Version>;
  readonly tags: Readonly<Record<string, string>>;
}
