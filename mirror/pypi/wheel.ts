/** Reads the METADATA of a wheel, which is a zip archive. */
import { type FileHandle, open } from "node:fs/promises";
import { inflateRawSync } from "node:zlib";

/** End of central directory: 22 bytes and a comment of at most 65535. */
const TAIL = 22 + 65_535;
const MAX_DIRECTORY_BYTES = 32 * 1024 * 1024;
/** Bytes of METADATA. Projects with a book as their description have some 200 KB. */
export const MAX_METADATA_BYTES = 8 * 1024 * 1024;

/** @returns undefined if `path` is no zip archive, or does not have exactly one METADATA at its top. */
export async function readWheelMetadata(path: string): Promise<Buffer | undefined> {
  const file = await open(path, "r");
  try {
    return await metadataOf(file);
  } finally {
    await file.close();
  }
}

async function metadataOf(file: FileHandle): Promise<Buffer | undefined> {
  const { size } = await file.stat();
  const tail = await readAt(file, Math.max(0, size - TAIL), Math.min(TAIL, size));
  const end = tail.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end < 0 || end + 22 > tail.length) return undefined;
  const length = tail.readUInt32LE(end + 12);
  const start = tail.readUInt32LE(end + 16);
  // In Zip64 archives these are 0xffffffff: the real values are elsewhere. No wheel below 4 GB is one.
  if (length > MAX_DIRECTORY_BYTES || start + length > size) return undefined;
  const directory = await readAt(file, start, length);
  let found:
    | { readonly method: number; readonly packed: number; readonly size: number; readonly at: number }
    | undefined;
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50; ) {
    const nameLength = directory.readUInt16LE(at + 28);
    const name = directory.toString("utf8", at + 46, at + 46 + nameLength);
    if (/^[^/]+\.dist-info\/METADATA$/.test(name)) {
      if (found !== undefined) return undefined;
      found = {
        method: directory.readUInt16LE(at + 10),
        packed: directory.readUInt32LE(at + 20),
        size: directory.readUInt32LE(at + 24),
        at: directory.readUInt32LE(at + 42),
      };
    }
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  if (found === undefined || found.size > MAX_METADATA_BYTES || found.packed > MAX_METADATA_BYTES) return undefined;
  const local = await readAt(file, found.at, 30);
  if (local.length < 30 || local.readUInt32LE(0) !== 0x04034b50) return undefined;
  const content = found.at + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  const packed = await readAt(file, content, found.packed);
  if (packed.length !== found.packed) return undefined;
  try {
    const plain = found.method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: MAX_METADATA_BYTES });
    return plain.length === found.size ? plain : undefined;
  } catch {
    return undefined;
  }
}

/** The first of each field in the header of a METADATA file, by its name in lower case. */
export function parseMetadata(metadata: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of metadata.toString("utf8").split(/\r?\n/)) {
    if (line === "") break;
    const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const name = match[1].toLowerCase();
    if (!fields.has(name)) fields.set(name, match[2].trim());
  }
  return fields;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
