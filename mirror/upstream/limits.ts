/** How much an upstream may send and how long it may take. Programs that open the packages can set each limit. */
export interface UpstreamLimits {
  /** From the request to the header of the last response, redirects included. */
  readonly headersMs: number;
  /** A pause without a byte. */
  readonly idleMs: number;
  /** Bytes per second that an asset must bring, over `windowMs`. */
  readonly minRate: number;
  readonly windowMs: number;
  /** For a whole index document. */
  readonly indexMs: number;
  /** Bytes of an index document, unpacked. */
  readonly indexBytes: number;
  /** Bytes of one asset: AWS's quota. */
  readonly assetBytes: number;
  readonly redirects: number;
  /** How long an index document is used before the upstream is asked whether it has changed. */
  readonly indexTtlMs: number;
  /** The same for a directory, which is cheap to read. */
  readonly directoryTtlMs: number;
  /** How long an upstream that did not answer is not asked again. */
  readonly downMs: number;
  /** Whether a request for one asset also fetches the other assets of its version, in the background. */
  readonly wholeVersions: boolean;
}

export const UPSTREAM_LIMITS: UpstreamLimits = {
  // pip gives up after 15 s of silence.
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
