/**
 * Reads a file from the host into a target, and resumes after a broken connection.
 *
 * Each later part is requested with `If-Range` and the entity tag of the first, so that all parts belong to the same
 * file. If the file has changed, the target starts over, or fails if it cannot.
 */
import { backoffMs } from "../../../base/async/backoff.js";
import { sleep } from "../../../base/async/sleep.js";
import { defined } from "../../../base/defined.js";
import { Fault } from "../../../base/fault.js";
import type { HttpResponse } from "../../../http/client/http-client.js";
import * as errors from "../../errors.js";
import { type Transport, transferFault } from "../../tls/transport.js";
import { filesPath } from "../remote-path.js";
import { parseDigest } from "./digest.js";

/** How a transfer goes on after a broken connection. */
export interface RetryOptions {
  readonly signal?: AbortSignal;
  /** Maximum connections in a row that break without bringing more of the file. @default 8 */
  readonly retries?: number;
  /** Milliseconds before the n-th retry. @default 250, doubling, at most 8000, half of it random */
  readonly retryDelay?: (retry: number) => number;
}

export interface ReceiveOptions extends RetryOptions {
  /** Called with the bytes that have arrived, and with the size of the file if the host gave it. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  /** The path of the request, for content outside the authorized directories. */
  readonly requestPath?: string;
}

/** The state of a file on the host when its first byte was read. */
export interface Representation {
  readonly etag: string | undefined;
  readonly size: number | undefined;
  readonly digest: Buffer | undefined;
}

/** The destination of the bytes. */
export interface ReceiveTarget {
  /** The bytes that the target already has, and their entity tag. */
  readonly have: { readonly bytes: number; readonly etag: string } | undefined;
  /** Starts over: the next byte is the first of `of`. Throws if the target cannot discard its content. */
  begin(of: Representation): Promise<void>;
  write(chunk: Buffer): Promise<void>;
  /** Makes `have` count all bytes written so far, also after a broken connection. */
  flush(): Promise<void>;
}

// The host computes the digest of a large file before it answers (about 500 MB/s).
const DIGEST_TIMEOUT = 900_000;
/** Failures that a retry may fix. */
export const RETRYABLE: ReadonlySet<string> = new Set([
  "client/broken",
  "client/refused",
  "client/no-answer",
  "client/unreachable",
]);

export async function receive(
  transport: Transport,
  path: string,
  target: ReceiveTarget,
  options: ReceiveOptions = {},
): Promise<Representation> {
  const { retries = 8, retryDelay = retryWait, signal } = options;
  let met = false;
  let failures = 0;
  let reached = 0;
  for (;;) {
    try {
      return await receivePart(transport, path, target, options, () => (met = true));
    } catch (error) {
      const fault = transferFault(error, transport.at, signal);
      // A line that breaks again and again still brings the rest of a large file.
      if ((target.have?.bytes ?? 0) > reached) failures = 0;
      reached = Math.max(reached, target.have?.bytes ?? 0);
      // If the host was never reached, fail at once. Only a transfer that has begun is retried.
      if (!met || !RETRYABLE.has(fault.code) || failures >= retries) throw fault;
    }
    failures += 1;
    await sleep(retryDelay(failures), signal).catch((error) => {
      throw errors.aborted(error);
    });
  }
}

async function receivePart(
  transport: Transport,
  path: string,
  target: ReceiveTarget,
  { signal, onProgress, requestPath }: ReceiveOptions,
  onMet: () => void,
): Promise<Representation> {
  let { have } = target;
  const ask = () =>
    transport.send({
      method: "GET",
      path: requestPath ?? filesPath(path),
      headers: defined({
        "Want-Repr-Digest": "sha-256=1",
        Range: have === undefined ? undefined : `bytes=${have.bytes}-`,
        "If-Range": have === undefined ? undefined : have.etag,
      }),
      signal,
      answerTimeout: DIGEST_TIMEOUT,
    });
  const response = await ask().catch((error: unknown) => {
    if (!(error instanceof Fault) || error.code !== "client/range-not-satisfiable") throw error;
    // The target has the whole file already, or more than the host has. Only a fresh download can tell.
    have = undefined;
    return ask();
  });
  onMet();
  const answer = representationIn(response);
  let done = 0;
  if (response.status === 206) {
    done = continues(response, have, path);
  } else {
    if (isListing(response)) {
      response.body.destroy();
      throw errors.isDirectory(path);
    }
    await target.begin(answer).catch(notWritten);
  }
  onProgress?.(done, answer.size);
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      await target.write(chunk).catch(notWritten);
      done += chunk.length;
      onProgress?.(done, answer.size);
    }
  } finally {
    await target.flush().catch(notWritten);
  }
  if (answer.size !== undefined && done !== answer.size) throw errors.broken(transport.at, "the answer ended early");
  return answer;
}

function notWritten(error: unknown): never {
  throw error instanceof Fault ? error : errors.localUnwritable(error);
}

/** The offset of a part, which must continue what the target has. */
function continues(response: HttpResponse, have: ReceiveTarget["have"], path: string): number {
  const range = /^bytes (\d+)-/.exec(response.headers["content-range"] ?? "");
  const fits = have !== undefined && Number(range?.[1]) === have.bytes && response.headers.etag === have.etag;
  if (fits) return have.bytes;
  response.body.destroy();
  throw errors.changedMeanwhile(path);
}

function representationIn(response: HttpResponse): Representation {
  const whole = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers["content-range"] ?? "")?.[1];
  const length = response.status === 206 ? whole : response.headers["content-length"];
  return {
    etag: strong(response.headers.etag),
    size: length === undefined ? undefined : Number(length),
    digest: parseDigest(response.headers["repr-digest"]),
  };
}

/** A weak tag does not promise the same bytes, so it cannot be used to resume. */
function strong(etag: string | undefined): string | undefined {
  return etag?.startsWith('"') === true ? etag : undefined;
}

// A JSON file has an entity tag and ranges; a directory listing has neither.
function isListing(response: HttpResponse): boolean {
  const isJson = /^application\/json\b/.test(response.headers["content-type"] ?? "");
  return isJson && response.headers["accept-ranges"] !== "bytes";
}

/** Milliseconds before the n-th retry. */
export const retryWait = (retry: number): number => backoffMs(retry, { baseMs: 250, capMs: 8_000, jitter: "half" });

/** Compares the digest of the received bytes with the host's. */
/** @param fate of a copy that cannot be trusted */
export function checkDigest(path: string, expected: Buffer | undefined, got: Buffer, fate: errors.CopyFate): void {
  if (expected === undefined) throw errors.digestMissing(path, fate);
  if (!expected.equals(got)) throw errors.digestMismatch(path, expected.toString("hex"), got.toString("hex"), fate);
}
