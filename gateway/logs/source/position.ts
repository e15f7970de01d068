/** How far a log file was read, in terms that survive its renaming, copying and truncation. */
import { createHash } from "node:crypto";

export interface Position {
  /** The file: device and inode, and a hash of how it begins, because inodes are used again. */
  readonly device: number;
  readonly inode: number;
  readonly head: string;
  /** Bytes that {@link head} is of. */
  readonly headBytes: number;
  /** Part of every id: differs between files, even where two begin alike. */
  readonly key: string;
  /** Bytes read. */
  readonly offset: number;
  /** In the middle of a line that is too long to be one. */
  readonly skipping: boolean;
  /** When it was last changed, as seen when it was read: its successors are younger. */
  readonly modifiedMs: number;
}

/** More than two files ever have in common: a timestamp, ids of packets. */
export const HEAD_BYTES = 1024;

export const headOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64url").slice(0, 22);

/** @param previous the key of the file before it. @param firstLine what it begins with. */
export const keyOf = (previous: string, firstLine: Uint8Array) =>
  createHash("sha256").update(previous).update("\n").update(firstLine).digest("base64url").slice(0, 16);
