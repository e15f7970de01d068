/** Sends content to the host, which keeps it only if its SHA-256 matches the announced one. */
import { type FileHandle, open } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { defined } from "../../../base/defined.js";
import type { HttpResponse } from "../../../http/client/http-client.js";
import * as errors from "../../errors.js";
import { type Exchange, type Transport, transferFault } from "../../tls/transport.js";
import { filesPath } from "../remote-path.js";
import { digestOfFile, formatDigest, parseDigest, sha256 } from "./digest.js";
import { checkDigest } from "./receive.js";

export interface PutOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes that have been handed to the connection. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  /** Number of bytes in `source`, if known: sent as Content-Length. */
  readonly size?: number;
  /** Replace only the file with this entity tag; `null`: only create a new file. */
  readonly ifMatch?: string | null;
}

export interface Stored {
  readonly created: boolean;
  readonly etag: string | undefined;
  readonly size: number;
  /** SHA-256, in hexadecimal. */
  readonly sha256: string;
}

// The host answers after the file has reached its disk.
const STORE_TIMEOUT = 900_000;

/** Sends a stream, then compares its SHA-256 with the one that the host reports as stored. */
export async function putStream(
  transport: Transport,
  path: string,
  source: Readable,
  options: PutOptions = {},
): Promise<Stored> {
  return store(transport, path, source, options);
}

/** Sends a file. Its SHA-256 goes first, so that a damaged upload does not replace the host's old file. */
export async function upload(
  transport: Transport,
  localFile: string,
  path: string,
  options: Omit<PutOptions, "size"> = {},
): Promise<Stored> {
  return withFile(transport, localFile, options.signal, ({ body, size, digest }) =>
    store(transport, path, body(), { ...options, size }, digest),
  );
}

export interface LocalFile {
  readonly size: number;
  readonly digest: Buffer;
  /** A new stream that starts at the first byte, at each call. */
  body(): Readable;
}

/** Opens a file and reads it once to compute its digest. */
export async function withFile<T>(
  transport: Transport,
  localFile: string,
  signal: AbortSignal | undefined,
  use: (file: LocalFile) => Promise<T>,
): Promise<T> {
  const file = await openFile(localFile);
  try {
    const { digest, size } = await digestOfFile(file, signal).catch((error) => {
      throw transferFault(error, transport.at, signal);
    });
    return await use({ size, digest, body: () => Readable.from(chunksOf(file, size)) });
  } finally {
    await file.close();
  }
}

const CHUNK = 256 * 1024;

/** Unlike a read stream, destroying it leaves the file open, so that a retry can read the file again. */
async function* chunksOf(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let position = 0; position < size; ) {
    const { bytesRead, buffer } = await file.read(
      Buffer.allocUnsafe(CHUNK),
      0,
      Math.min(CHUNK, size - position),
      position,
    );
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function store(
  transport: Transport,
  path: string,
  source: Readable,
  { ifMatch, ...options }: PutOptions,
  known?: Buffer,
): Promise<Stored> {
  const condition = ifMatch === undefined ? {} : ifMatch === null ? { "If-None-Match": "*" } : { "If-Match": ifMatch };
  const what = {
    method: "PUT",
    path: filesPath(path),
    headers: { ...condition, ...defined({ "Repr-Digest": known === undefined ? undefined : formatDigest(known) }) },
  } as const;
  const { response, size, digest } = await sendContent(transport, what, source, options, known);
  response.body.resume();
  checkDigest(path, parseDigest(response.headers["repr-digest"]), digest);
  return {
    created: response.status === 201,
    etag: response.headers.etag,
    size,
    sha256: digest.toString("hex"),
  };
}

/** Sends a stream as the body of a request and counts the bytes. @param known its digest, if known in advance. */
export async function sendContent(
  transport: Transport,
  what: Pick<Exchange, "method" | "path" | "headers">,
  source: Readable,
  { signal, onProgress, size }: Omit<PutOptions, "ifMatch">,
  known?: Buffer,
): Promise<{ response: HttpResponse; size: number; digest: Buffer }> {
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
      ...what,
      body: source.pipe(counted),
      headers: {
        "Content-Type": "application/octet-stream",
        ...defined({ "Content-Length": size, "Content-Digest": known === undefined ? undefined : formatDigest(known) }),
        ...what.headers,
      },
      signal,
      answerTimeout: STORE_TIMEOUT,
    });
    return { response, size: done, digest: known ?? hash.digest() };
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
