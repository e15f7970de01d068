/** What an upstream may take and how long; all of it can be set by who opens the packages. */
export interface UpstreamLimits {
  /** From the request to the header of its answer, each redirect included. */
  readonly headersMs: number;
  /** Without a byte. */
  readonly idleMs: number;
  /** Bytes per second that an asset must bring, over `windowMs`. */
  readonly minRate: number;
  readonly windowMs: number;
  /** For a whole index document. */
  readonly indexMs: number;
  /** Bytes of an index document, unpacked. */
  readonly indexBytes: number;
  /** Bytes of one asset (P-19). */
  readonly assetBytes: number;
  readonly redirects: number;
  /** How long an index document is used without asking whether it has changed. */
  readonly indexTtlMs: number;
  /** The same for a directory, which costs nothing to look at. */
  readonly directoryTtlMs: number;
  /** How long an upstream that did not answer is left alone. */
  readonly downMs: number;
  /** Whether the other assets of a version are fetched too, behind the one that was asked for (P-04). */
  readonly wholeVersions: boolean;
}

export const UPSTREAM_LIMITS: UpstreamLimits = {
  // pip gives up after 15 s of silence: our answer has to be before that.
  headersMs: 10_000,
  idleMs: 15_000,
  minRate: 1_024,
  windowMs: 30_000,
  indexMs: 60_000,
  indexBytes: 128 * 1024 * 1024,
  assetBytes: 5 * 1024 ** 3,
  redirects: 5,
  indexTtlMs: 60_000,
  directoryTtlMs: 1_000,
  downMs: 10_000,
  wholeVersions: true,
};

/** AWS's quota of assets in one version (P-19). */
export const ASSETS_PER_VERSION = 150;
/** Bytes of an npm tarball that is published: it comes within a JSON document, which is held in memory. */
export const PUBLISHED_TARBALL_BYTES = 128 * 1024 * 1024;
