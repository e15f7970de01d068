/** SHA-256 in the field of RFC 9530: `Repr-Digest: sha-256=:<base64>:`. */
import { createHash, type Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

export function sha256(): Hash {
  return createHash("sha256");
}

export function formatDigest(digest: Buffer): string {
  return `sha-256=:${digest.toString("base64")}:`;
}

/** The SHA-256 in a field that may list several algorithms; undefined if it is missing or malformed. */
export function parseDigest(field: string | string[] | undefined): Buffer | undefined {
  const text = Array.isArray(field) ? field.join(",") : (field ?? "");
  const found = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/.exec(text);
  return found?.[1] === undefined ? undefined : Buffer.from(found[1], "base64");
}

const BLOCK = 1024 * 1024;

/** Digest of the bytes on disk, read through the handle from the first byte on. */
export async function digestOfFile(file: FileHandle, signal?: AbortSignal): Promise<{ digest: Buffer; size: number }> {
  const hash = sha256();
  const block = Buffer.allocUnsafe(BLOCK);
  let size = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(block, 0, BLOCK, size);
    if (bytesRead === 0) return { digest: hash.digest(), size };
    hash.update(block.subarray(0, bytesRead));
    size += bytesRead;
  }
}
