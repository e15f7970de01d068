/** How far a log file was read, in terms that survive renaming, copying and truncation. */
import { createHash } from "node:crypto";

export interface Position {
  /** The file: device, inode, and a hash of its beginning, because inodes are reused. */
  readonly device: number;
  readonly inode: number;
  readonly head: string;
  /** Bytes that {@link head} covers. */
  readonly headBytes: number;
  /** Part of every record id: differs between files, even if two begin alike. */
  readonly key: string;
  /** Bytes read. */
  readonly offset: number;
  /** Whether the position is within a line that is too long. */
  readonly skipping: boolean;
  /** When the file was last changed, as of the last read: its successors are younger. */
  readonly modifiedMs: number;
}

/** Long enough to differ between two files: it covers a timestamp and ids of packets. */
export const HEAD_BYTES = 1024;

export const headOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64url").slice(0, 22);

/** @param previous the key of the file before it. @param firstLine the beginning of the file. */
export const keyOf = (previous: string, firstLine: Uint8Array) =>
  createHash("sha256").update(previous).update("\n").update(firstLine).digest("base64url").slice(0, 16);
