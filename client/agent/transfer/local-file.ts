/** A local file that is sent, perhaps more than once. */
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import * as errors from "../../errors.js";
import { type Transport, transferFault } from "../../tls/transport.js";
import { digestOfFile } from "./digest.js";

export interface LocalFile {
  readonly size: number;
  readonly digest: Buffer;
  /** A new stream that starts at this byte, at each call. @param start @default 0 */
  body(start?: number): Readable;
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
    return await use({ size, digest, body: (start) => Readable.from(chunksOf(file, size, start)) });
  } finally {
    await file.close();
  }
}

const CHUNK = 256 * 1024;

/** Unlike a read stream, destroying it leaves the file open, so that a retry can read the file again. */
export async function* chunksOf(file: FileHandle, size: number, start = 0): AsyncGenerator<Buffer> {
  for (let position = start; position < size; ) {
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

async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, "r").catch((error) => {
    throw errors.localUnreadable(path, error);
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw errors.localNotFile(path);
}
