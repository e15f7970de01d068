/** From here to the host. The host keeps nothing whose SHA-256 is not the one it was told. */
import { type FileHandle, open } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { digestOfFile, formatDigest, parseDigest, sha256 } from "./digest.js";
import * as errors from "./errors.js";
import { checkDigest } from "./receive.js";
import { filesPath } from "./remote-path.js";
import { type Transport, transferFault } from "./transport.js";

export interface PutOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes that have been handed to the connection. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  /** Bytes that `source` will give, if known: sent as Content-Length. */
  readonly size?: number;
  /** Replace only the file that has this entity tag; `null`: only where there is no file yet. */
  readonly ifMatch?: string | null;
}

export interface Stored {
  readonly created: boolean;
  readonly etag: string | undefined;
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

// The host answers after the file has reached its disk.
const STORE_TIMEOUT = 900_000;

/** Sends a stream; its SHA-256 is compared with the one that the host says it stored. */
export async function putStream(
  transport: Transport,
  path: string,
  source: Readable,
  options: PutOptions = {},
): Promise<Stored> {
  return store(transport, path, source, options);
}

/** Sends a file; its SHA-256 goes before it, so that a damaged upload leaves the host's old file alone. */
export async function upload(
  transport: Transport,
  localFile: string,
  path: string,
  options: Omit<PutOptions, "size"> = {},
): Promise<Stored> {
  const file = await openFile(localFile);
  try {
    const { digest, size } = await digestOfFile(file, options.signal).catch((error) => {
      throw transferFault(error, transport.at, options.signal);
    });
    const body = file.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 });
    // An empty range cannot be asked of a read stream (its end is inclusive).
    return await store(transport, path, size === 0 ? Readable.from([]) : body, { ...options, size }, digest);
  } finally {
    await file.close();
  }
}

async function store(
  transport: Transport,
  path: string,
  source: Readable,
  { signal, onProgress, size, ifMatch }: PutOptions,
  known?: Buffer,
): Promise<Stored> {
  const hash = sha256();
  let done = 0;
  const counted = new Transform({
    transform(chunk: Buffer | string, encoding, callback) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
      if (known === undefined) hash.update(bytes);
      done += bytes.length;
      onProgress?.(done, size);
      callback(null, bytes);
    },
  });
  source.on("error", (error) => counted.destroy(error));
  try {
    const response = await transport.send({
      method: "PUT",
      path: filesPath(path),
      body: source.pipe(counted),
      headers: {
        "Content-Type": "application/octet-stream",
        ...(size === undefined ? {} : { "Content-Length": size }),
        ...(ifMatch === undefined ? {} : ifMatch === null ? { "If-None-Match": "*" } : { "If-Match": ifMatch }),
        ...(known === undefined ? {} : { "Repr-Digest": formatDigest(known), "Content-Digest": formatDigest(known) }),
      },
      signal,
      answerTimeout: STORE_TIMEOUT,
    });
    response.resume();
    const digest = known ?? hash.digest();
    checkDigest(path, parseDigest(response.headers["repr-digest"]), digest);
    return {
      created: response.statusCode === 201,
      etag: response.headers.etag,
      size: done,
      sha256: digest.toString("hex"),
    };
  } finally {
    source.unpipe(counted);
    source.destroy();
    counted.destroy();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, "r").catch((error) => {
    throw errors.localUnreadable(path, error);
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw errors.localNotFile(path);
}
