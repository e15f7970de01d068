/**
 * Downloads a file from the host. The local file is never half written.
 *
 * The SHA-256 of the part on disk is compared with the host's, and only then does the file get its name.
 */
import type { FileHandle } from "node:fs/promises";
import { localUnwritable } from "../../errors.js";
import { type Transport, transferFault } from "../../tls/transport.js";
import { destinationOf } from "./destination.js";
import { digestOfFile } from "./digest.js";
import type { Downloaded } from "./downloaded.js";
import { openPart, type PartialFile, tryPart } from "./part.js";
import { checkDigest, type ReceiveOptions, type ReceiveTarget, type Representation, receive } from "./receive.js";
import { downloadInto } from "./sink.js";

export type { Downloaded } from "./downloaded.js";

export interface DownloadOptions extends ReceiveOptions {
  /** Whether a later call may resume where this one failed. @default true */
  readonly isResumable?: boolean;
}

export async function download(
  transport: Transport,
  path: string,
  localFile: string,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  const destination = await destinationOf(localFile);
  if (destination.kind === "sink") return downloadInto(transport, path, destination, options);
  const part = await openPart(destination.path);
  let { isResumable = true } = options;
  try {
    const target = await fileTarget(part, `${transport.at}/${path}`);
    const { digest: expected } = await receive(transport, path, target, options);
    const { digest, size } = await digestOfFile(part.file, options.signal).catch((error) => {
      throw transferFault(error, transport.at, options.signal);
    });
    try {
      checkDigest(path, expected, digest, "discarded");
    } catch (fault) {
      // Resuming a damaged part would only repeat the damage.
      isResumable = false;
      throw fault;
    }
    await part.finish();
    return { size, sha256: digest.toString("hex") };
  } catch (error) {
    await part.leave(isResumable ? "resumable" : "discarded");
    throw localUnwritable(error);
  }
}

/**
 * Checks that {@link download} could write `localFile`, and leaves everything as it was.
 *
 * @throws Fault
 */
export async function tryDownload(localFile: string): Promise<void> {
  const destination = await destinationOf(localFile);
  if (destination.kind === "file") await tryPart(destination.path);
}

// TLS hands out 16 KiB at a time. One write of 1 MiB costs no more than one of 16 KiB.
const BATCH = 1024 * 1024;

async function fileTarget(part: PartialFile, source: string): Promise<ReceiveTarget> {
  const { file } = part;
  let etag = await part.etagOf(source);
  let bytes = (await file.stat()).size;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  const flush = async () => {
    const [chunks, length] = [waiting, waitingBytes];
    waiting = [];
    waitingBytes = 0;
    if (length === 0) return;
    await writeAll(file, chunks, bytes);
    bytes += length;
  };
  return {
    get have() {
      return etag === undefined || bytes === 0 ? undefined : { bytes, etag };
    },
    async begin(of: Representation) {
      await file.truncate(0);
      bytes = 0;
      etag = of.etag;
      // The notes are written before the first byte: the part holds bytes of the file in the notes, or nothing.
      await part.describe(source, etag);
    },
    async write(chunk: Buffer) {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= BATCH) await flush();
    },
    flush,
  };
}

/** A disk that is nearly full accepts part of a write before it reports an error. */
async function writeAll(file: FileHandle, chunks: readonly Buffer[], position: number): Promise<void> {
  const { bytesWritten } = await file.writev(chunks, position);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (bytesWritten === length) return;
  let rest = Buffer.concat(chunks).subarray(bytesWritten);
  for (let at = position + bytesWritten; rest.length > 0; ) {
    const written = (await file.write(rest, 0, rest.length, at)).bytesWritten;
    rest = rest.subarray(written);
    at += written;
  }
}
