/** What goes wrong with an upstream: in the settings, on the way, or in what it sends. */
import { Fault, quote } from "../../base/fault.js";
import { networkCode, networkText } from "../../http/client/errors.js";

/** An upstream that cannot be used. The message is one clause that names it. */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";

  /** @param down whether the upstream cannot deliver anything else either, for now. */
  constructor(
    message: string,
    readonly down: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export const badConnection = (name: string, place: string) =>
  new Fault("mirror/bad-connection", `connection ${quote(name)} leads to ${quote(place)}`, {
    hint: "write the https:// URL of an index, or the absolute path of a directory of packages",
  });

export const directoryMissing = (name: string, place: string) =>
  new Fault("mirror/directory-missing", `connection ${quote(name)}: there is no directory ${quote(place)}`);

/** Factories for the errors of one upstream. */
export interface UpstreamErrors {
  /** Statuses that concern one package leave the upstream up. */
  badStatus(what: string, status: number): UpstreamError;
  badEncoding(what: string, encoding: string): UpstreamError;
  /** The directory of a connection. */
  unreadable(cause: unknown): UpstreamError;
  unreachable(cause: unknown): UpstreamError;
  late(headersMs: number): UpstreamError;
  silent(): UpstreamError;
  slow(): UpstreamError;
  brokenOff(cause: unknown): UpstreamError;
  badRedirect(problem: string): UpstreamError;
  indexLate(indexMs: number): UpstreamError;
  indexTooBig(bytes: number): UpstreamError;
  /** @param reason a clause without its subject: `is no valid JSON`. */
  badIndex(reason: string, cause: unknown): UpstreamError;
  noAsset(file: string): UpstreamError;
  noAddress(file: string): UpstreamError;
  noMetadata(file: string): UpstreamError;
  tooBig(file: string, bytes: number): UpstreamError;
  cutShort(file: string, bytes: number, length: number): UpstreamError;
  wrongHash(file: string, algorithm: string, promised: string, found: string): UpstreamError;
}

/** Statuses that say that the upstream itself is in trouble, not one of its packages. */
const OUTAGES = new Set([429, 502, 503, 504]);

export function errorsOf(upstream: string): UpstreamErrors {
  const one = (text: string, cause?: unknown) =>
    new UpstreamError(`the upstream ${upstream} ${text}`, false, { cause });
  const down = (text: string, cause?: unknown) =>
    new UpstreamError(`the upstream ${upstream} ${text}`, true, { cause });
  return {
    badStatus: (what, status) => (OUTAGES.has(status) ? down : one)(`answered "${what}" with status ${status}`),
    badEncoding: (what, encoding) => one(`answered "${what}" in the encoding "${encoding}"`),
    unreadable: (cause) =>
      new UpstreamError(`the directory of the upstream ${upstream} cannot be read`, true, { cause }),
    unreachable: (cause) => down(`cannot be reached (${reasonOf(cause)})`, cause),
    late: (headersMs) => down(`did not answer within ${headersMs} ms`),
    silent: () => down("fell silent"),
    slow: () => one("sends too slowly"),
    brokenOff: (cause) => one(`broke off (${reasonOf(cause)})`, cause),
    badRedirect: (problem) => one(`redirects ${problem}`),
    indexLate: (indexMs) => down(`did not finish its index in ${indexMs} ms`),
    indexTooBig: (bytes) => one(`has an index of more than ${bytes} bytes`),
    badIndex: (reason, cause) => new UpstreamError(`the index of the upstream ${upstream} ${reason}`, false, { cause }),
    noAsset: (file) => one(`has no "${file}"`),
    noAddress: (file) => one(`has no address for "${file}"`),
    noMetadata: (file) => one(`has no metadata of "${file}"`),
    tooBig: (file, bytes) => one(`sends more than ${bytes} bytes of "${file}"`),
    cutShort: (file, bytes, length) => one(`sent ${bytes} of ${length} bytes of "${file}"`),
    wrongHash: (file, algorithm, promised, found) =>
      one(`sent "${file}" with ${algorithm} ${found} where its index says ${promised}`),
  };
}

function reasonOf(error: unknown): string {
  return networkCode(error) ?? networkText(error);
}
