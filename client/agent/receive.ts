/**
 * Reads a file from the host into a target, going on where a broken connection left off.
 *
 * A later part is asked for with `If-Range` and the entity tag of the first, so that the parts can
 * only be of one and the same file; if it has changed, the target starts over (or cannot).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { defined } from "../../base/defined.js";
import { Fault } from "../../base/fault.js";
import type { HttpResponse } from "../../http/client/http-client.js";
import * as errors from "../errors.js";
import { type Transport, transferFault } from "../tls/transport.js";
import { parseDigest } from "./digest.js";
import { filesPath } from "./remote-path.js";

export interface ReceiveOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes that have arrived and, where the host said it, how many there are. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  /** Broken connections to get over, in all. @default 8 */
  readonly retries?: number;
  /** Where to ask for it, if it is no file of an authorized directory. */
  readonly requestPath?: string;
  /** Milliseconds before the n-th retry. @default 250, doubling, at most 8000, half of it random */
  readonly retryDelay?: (retry: number) => number;
}

/** What a file of the host looked like when its first byte was read. */
export interface Representation {
  readonly etag: string | undefined;
  readonly size: number | undefined;
  readonly digest: Buffer | undefined;
}

/** Where the bytes go. */
export interface Target {
  /** Bytes it has already, and of which representation. */
  readonly have: { readonly bytes: number; readonly etag: string } | undefined;
  /** Forgets what it has; the next byte is the first of `of`. Throws where that cannot be. */
  begin(of: Representation): Promise<void>;
  write(chunk: Buffer): Promise<void>;
  /** Makes `have` count everything that was written, also after a connection broke. */
  flush(): Promise<void>;
}

// The host computes the digest of a large file before it answers (some 500 MB/s).
const DIGEST_TIMEOUT = 900_000;
/** What a later try may get over. */
export const GET_OVER: ReadonlySet<string> = new Set([
  "client/broken",
  "client/refused",
  "client/no-answer",
  "client/unreachable",
]);

export async function receive(
  transport: Transport,
  path: string,
  target: Target,
  options: ReceiveOptions = {},
): Promise<Representation> {
  const { retries = 8, retryDelay = backoff, signal } = options;
  let met = false;
  for (let retry = 0; ; retry += 1) {
    try {
      return await receivePart(transport, path, target, options, () => (met = true));
    } catch (error) {
      const fault = transferFault(error, transport.at, signal);
      // A host that was never reached is told at once; only what has begun is worth waiting for.
      if (!met || !GET_OVER.has(fault.code) || retry >= retries) throw fault;
    }
    await sleep(retryDelay(retry + 1), undefined, defined({ signal })).catch((error) => {
      throw errors.aborted(error);
    });
  }
}

async function receivePart(
  transport: Transport,
  path: string,
  target: Target,
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
    // All of it was here already, or more than the host has: only the whole file can tell.
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
    await target.begin(answer);
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

/** The offset of a part that fits to what the target has. */
function continues(response: HttpResponse, have: Target["have"], path: string): number {
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

/** A weak tag does not promise the same bytes, so that nothing may be resumed by it. */
function strong(etag: string | undefined): string | undefined {
  return etag?.startsWith('"') === true ? etag : undefined;
}

// A file that holds JSON comes with an entity tag and ranges; a listing has neither.
function isListing(response: HttpResponse): boolean {
  const isJson = /^application\/json\b/.test(response.headers["content-type"] ?? "");
  return isJson && response.headers["accept-ranges"] !== "bytes";
}

/** Milliseconds before the n-th retry. */
export function backoff(retry: number): number {
  const most = Math.min(250 * 2 ** (retry - 1), 8_000);
  return most / 2 + (Math.random() * most) / 2;
}

/** Whether what arrived is what the host has. */
export function checkDigest(path: string, expected: Buffer | undefined, got: Buffer): void {
  if (expected === undefined) throw errors.digestMissing(path);
  if (!expected.equals(got)) throw errors.digestMismatch(path, expected.toString("hex"), got.toString("hex"));
}
