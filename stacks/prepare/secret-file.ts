import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { SecretFile } from "../constructs/host-secrets.js";

/**
 * A number that changes with the content of a secret: Terraform sends a write-only value again when its version
 * changes. The number is 31 bits of a digest, which do not help to guess a key or token with at least 128 bits of
 * entropy.
 */
export async function secretVersion(path: string): Promise<number> {
  const digest = createHash("sha256")
    .update(await readFile(path))
    .digest();
  return digest.readUInt32BE(0) >>> 1;
}

export async function secretFile(path: string): Promise<SecretFile> {
  return { path: resolve(path), version: await secretVersion(path) };
}
