/**
 * A stream as a local file, for a request that must know its size and digest in advance and may be repeated. Nothing is
 * sent before the stream has ended, so it may be slower than any limit of the host.
 */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { cannotSpool } from "../../errors.js";
import { type Transport, transferFault } from "../../tls/transport.js";
import { sha256 } from "./digest.js";
import { chunksOf, type LocalFile } from "./local-file.js";
import { segmentsOf } from "./segments.js";

/** Reads `source` to its end: a short one into memory, a long one into a file without a name. */
export async function withSpooled<T>(
  transport: Transport,
  source: Readable,
  signal: AbortSignal | undefined,
  use: (file: LocalFile) => Promise<T>,
): Promise<T> {
  const hash = sha256();
  let size = 0;
  let spool: FileHandle | undefined;
  const onAbort = () => source.destroy(new Error("aborted"));
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    for await (const { chunks, length, isLast } of segmentsOf(source)) {
      for (const chunk of chunks) hash.update(chunk);
      if (isLast && spool === undefined) {
        const content = Buffer.concat(chunks);
        return await use({
          size: length,
          digest: hash.digest(),
          body: (start) => Readable.from([content.subarray(start)]),
        });
      }
      spool ??= await openSpool().catch(notSpooled);
      await spool.writeFile(Buffer.concat(chunks)).catch(notSpooled);
      size += length;
    }
    if (spool === undefined) throw new Error("the last segment is missing");
    const file = spool;
    return await use({ size, digest: hash.digest(), body: (start) => Readable.from(chunksOf(file, size, start)) });
  } catch (error) {
    throw transferFault(error, transport.at, signal);
  } finally {
    signal?.removeEventListener("abort", onAbort);
    source.destroy();
    await spool?.close();
  }
}

async function openSpool(): Promise<FileHandle> {
  const path = join(tmpdir(), `.sallyport-${randomUUID()}`);
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  // Gone with the process, however that ends.
  await unlink(path);
  return file;
}

function notSpooled(error: unknown): never {
  throw cannotSpool(tmpdir(), error);
}
