/**
 * From the host into a local file that is never half there.
 *
 * The bytes gather in `.NAME.sallyport-part`, with `.NAME.sallyport-part.json` telling what they are
 * of, so that a later call (also of another process) goes on where this one ended. The SHA-256 of
 * what lies on disk is compared with the host's, and only then does the file get its name.
 */
import { constants } from "node:fs";
import { type FileHandle, open, readFile, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errno } from "../../../base/fault.js";
import { replaceFile } from "../../../base/fs/atomic.js";
import { localUnwritable } from "../../errors.js";
import { type Transport, transferFault } from "../../tls/transport.js";
import { digestOfFile } from "./digest.js";
import { checkDigest, type ReceiveOptions, type ReceiveTarget, type Representation, receive } from "./receive.js";

export interface Downloaded {
  readonly size: number;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
}

export async function download(
  transport: Transport,
  path: string,
  localFile: string,
  options: ReceiveOptions = {},
): Promise<Downloaded> {
  const { part, notes } = partOf(localFile);
  const source = `${transport.at}/${path}`;
  const file = await openPart(part);
  try {
    const target = await fileTarget(file, notes, source);
    const { digest: expected } = await receive(transport, path, target, options);
    const { digest, size } = await digestOfFile(file, options.signal).catch((error) => {
      throw transferFault(error, transport.at, options.signal);
    });
    await check(path, expected, digest, [part, notes]);
    await file.sync();
    await rename(part, localFile);
    await unlinkIfThere(notes);
    return { size, sha256: digest.toString("hex") };
  } finally {
    await file.close();
  }
}

/** Forgets what was fetched so far, where it cannot be resumed. */
export async function discardPart(localFile: string): Promise<void> {
  const { part, notes } = partOf(localFile);
  await unlinkIfThere(part);
  await unlinkIfThere(notes);
}

function partOf(localFile: string): { part: string; notes: string } {
  const part = join(dirname(localFile), `.${basename(localFile)}.sallyport-part`);
  return { part, notes: `${part}.json` };
}

async function openPart(part: string): Promise<FileHandle> {
  try {
    return await open(part, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o666);
  } catch (error) {
    throw localUnwritable(error);
  }
}

// TLS hands out 16 KiB at a time; a write costs the same for 1 MiB.
const BATCH = 1024 * 1024;

async function fileTarget(file: FileHandle, notes: string, source: string): Promise<ReceiveTarget> {
  let etag = await readNotes(notes, source);
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
      // Written before the first byte: what lies in the part is always of what the notes say, or nothing.
      if (etag === undefined) await unlinkIfThere(notes);
      else await replaceFile(notes, JSON.stringify({ source, etag }), 0o600);
    },
    async write(chunk: Buffer) {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= BATCH) await flush();
    },
    flush,
  };
}

/** A disk that is filling up takes less than it is given before it says so. */
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

async function readNotes(notes: string, source: string): Promise<string | undefined> {
  try {
    const found: unknown = JSON.parse(await readFile(notes, "utf8"));
    if (typeof found !== "object" || found === null) return undefined;
    if (!("source" in found) || found.source !== source || !("etag" in found)) return undefined;
    return typeof found.etag === "string" ? found.etag : undefined;
  } catch {
    // No notes, or none that can be read: start over.
    return undefined;
  }
}

/** A damaged part is thrown away: resuming it could only repeat the damage. */
async function check(
  path: string,
  expected: Buffer | undefined,
  got: Buffer,
  rubbish: readonly string[],
): Promise<void> {
  try {
    checkDigest(path, expected, got);
  } catch (fault) {
    for (const name of rubbish) await unlinkIfThere(name);
    throw fault;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (errno(error) !== "ENOENT") throw error;
  });
}
