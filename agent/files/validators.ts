/** The state of a file as HTTP compares it. */
import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import type { Validators } from "../../http/headers/conditions.js";

/** Hashed, so that inode numbers stay on the host. The change time is in it because a write can fake the other. */
export function validatorsOf(stat: BigIntStats): Validators {
  const state = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
  const etag = createHash("sha256").update(state).digest("base64url").slice(0, 22);
  return { etag: `"${etag}"`, modifiedMs: Number(stat.mtimeMs) };
}

/** A file may have been given a time that is still to come; an answer must not (RFC 9110, 8.8.2.1). */
export function lastModified(modifiedMs: number): string {
  return new Date(Math.min(modifiedMs, Date.now())).toUTCString();
}
