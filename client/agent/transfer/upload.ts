/** Sends content to the host, which keeps it only if its SHA-256 matches the announced one. */
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import type { HttpResponse } from "../../../http/client/http-client.js";
import * as errors from "../../errors.js";
import { type Transport, transferFault } from "../../tls/transport.js";
import { parseDigest, sha256 } from "./digest.js";
import { withFile } from "./local-file.js";
import { checkDigest } from "./receive.js";
import { ResumablePut, type ResumeOptions } from "./resumable-put.js";
import { segmentsOf, whileWaiting } from "./segments.js";

/** `size` is checked at the end. */
export type PutOptions = ResumeOptions;

export interface Stored {
  readonly created: boolean;
  readonly etag: string | undefined;
  readonly size: number;
  /** SHA-256, in hexadecimal. */
  readonly sha256: string;
}

/**
 * Sends a stream in segments, each when it is full: however slowly the stream comes, no request waits for it, and a
 * segment whose connection broke is sent again. Then compares its SHA-256 with the one that the host stored.
 */
export async function putStream(
  transport: Transport,
  path: string,
  source: Readable,
  options: PutOptions = {},
): Promise<Stored> {
  const put = new ResumablePut(transport, path, randomUUID(), options);
  const hash = sha256();
  const segments = segmentsOf(source);
  const failed = (error: unknown) => {
    throw transferFault(error, transport.at, options.signal ?? transport.signal);
  };
  let start = 0;
  try {
    let next = segments.next();
    for (;;) {
      const touch = () => (start === 0 ? Promise.resolve() : put.touch());
      const { value: segment } = await whileWaiting(next, touch, options.signal ?? transport.signal).catch(failed);
      if (segment === undefined) throw new Error("the last segment was sent before");
      if (!segment.isLast) {
        // Read while this one is sent.
        next = segments.next();
        next.catch(() => undefined);
      }
      for (const chunk of segment.chunks) hash.update(chunk);
      const end = start + segment.length;
      const body = (from: number) =>
        Readable.from([Buffer.concat(segment.chunks).subarray(from - (end - segment.length))]);
      if (!segment.isLast) {
        await put.send({ start, end, body });
        start = end;
        continue;
      }
      if (options.size !== undefined && options.size !== end) throw errors.otherSize(path, options.size, end);
      const digest = hash.digest();
      return stored(path, await put.send({ start, end, digest, body }), end, digest);
    }
  } finally {
    source.destroy();
  }
}

/**
 * Sends a file. Its SHA-256 goes first, so that a damaged upload does not replace the host's old file. A broken transfer
 * goes on where it broke, in a later call too.
 */
export async function upload(
  transport: Transport,
  localFile: string,
  path: string,
  options: Omit<PutOptions, "size"> = {},
): Promise<Stored> {
  return withFile(transport, localFile, options.signal, async ({ body, size, digest }) => {
    const put = new ResumablePut(transport, path, digest.toString("hex"), options);
    return stored(path, await put.send({ start: 0, end: size, digest, body }), size, digest);
  });
}

function stored(path: string, response: HttpResponse | undefined, size: number, digest: Buffer): Stored {
  response?.body.resume();
  checkDigest(path, parseDigest(response?.headers["repr-digest"]), digest, "stored");
  return {
    created: response?.status === 201,
    etag: response?.headers.etag,
    size,
    sha256: digest.toString("hex"),
  };
}
